import { describe, expect, it } from "vitest";
import { deltaOf, faultOf, type StockWish } from "./stock_change";

const wish = (units: string, direction: StockWish["direction"] = "add", note = "why"): StockWish => ({
  units,
  direction,
  note,
});

describe("a change of stock", () => {
  it("is a whole number of units, up or down", () => {
    expect(deltaOf(wish(" 25 "))).toBe(25);
    expect(deltaOf(wish("25", "take"))).toBe(-25);
  });

  it.each(["", "0", "-3", "1.5", "1e3", "ten", "1000000000001", "99999999999999"])("is not %j", (units) => {
    expect(deltaOf(wish(units))).toBeUndefined();
    expect(faultOf(wish(units), 5)).toBe("badUnits");
  });

  it("takes no more than is left, as far as that is known", () => {
    expect(faultOf(wish("5", "take"), 5)).toBeUndefined();
    expect(faultOf(wish("6", "take"), 5)).toBe("tooMany");
    expect(faultOf(wish("6", "take"), undefined)).toBeUndefined();
  });

  it("says why, in 255 characters at most", () => {
    expect(faultOf(wish("1", "add", "  "), 5)).toBe("badNote");
    expect(faultOf(wish("1", "add", "售".repeat(255)), 5)).toBeUndefined();
    expect(faultOf(wish("1", "add", "😀".repeat(256)), 5)).toBe("badNote");
  });
});
