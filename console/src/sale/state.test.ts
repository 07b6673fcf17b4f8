import { describe, expect, it } from "vitest";
import { hindrance, inOrder, keepPlaces, matches, nextTurn, type Sale, shareLeft, soldOut, stateOf } from "./state";

const now = Date.UTC(2026, 10, 26, 12);
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
const sale = (productId: string, extra: Partial<Sale> = {}): Sale => ({
  productId,
  name: "",
  status: "ACTIVE",
  ...extra,
});

describe("the state of a sale", () => {
  it.each<[string, Partial<Sale>, string]>([
    ["without a window is on", {}, "on"],
    ["at its begin is on", { startsAt: at(0) }, "on"],
    ["before its begin is to come", { startsAt: at(1) }, "soon"],
    ["at its end is over", { endsAt: at(0) }, "ended"],
    ["before its end is on", { endsAt: at(1) }, "on"],
    ["that is paused is paused, begun or not", { status: "PAUSED", startsAt: at(9) }, "paused"],
    ["that is paused and past its end is over", { status: "PAUSED", endsAt: at(-1) }, "ended"],
    ["that was ended is over, whatever its window", { status: "ENDED", startsAt: at(9) }, "ended"],
  ])("%s", (_, extra, state) => {
    expect(stateOf(sale("1", extra), now)).toBe(state);
  });
});

describe("what a sale counts down to", () => {
  it("is its begin, then its end, then nothing", () => {
    const window = { startsAt: at(10), endsAt: at(20) };
    expect(nextTurn(sale("1", window), now)).toEqual({ kind: "opens", at: now + 10_000 });
    expect(nextTurn(sale("1", window), now + 10_000)).toEqual({ kind: "ends", at: now + 20_000 });
    expect(nextTurn(sale("1", window), now + 20_000)).toBeUndefined();
    expect(nextTurn(sale("1", { ...window, status: "ENDED" }), now)).toBeUndefined();
  });
});

describe("the order of sales", () => {
  it("is on sale, to come by their begin, paused, ended; else the higher number first", () => {
    const sales = [
      sale("9", { status: "ENDED" }),
      sale("8", { status: "PAUSED" }),
      sale("7", { startsAt: at(60) }),
      sale("6", { startsAt: at(30) }),
      sale("2"),
      sale("9007199254740993"),
      sale("10"),
    ];
    expect(inOrder(sales, now).map((s) => s.productId)).toEqual(["9007199254740993", "10", "2", "6", "7", "8", "9"]);
  });

  it("does not change under a pointer: what is new comes behind", () => {
    expect(keepPlaces(["1", "2", "3"], ["4", "3", "1"], true)).toEqual(["1", "3", "4"]);
    expect(keepPlaces(["1", "2", "3"], ["4", "3", "1"], false)).toEqual(["4", "3", "1"]);
  });
});

describe("a search", () => {
  it("finds by a part of the name, or of the number", () => {
    const lamp = sale("2001", { name: "Desk Lamp" });
    expect(matches(lamp, " lamp ")).toBe(true);
    expect(matches(lamp, "200")).toBe(true);
    expect(matches(lamp, "")).toBe(true);
    expect(matches(lamp, "chair")).toBe(false);
  });
});

describe("stock", () => {
  it("is a share only where both numbers are known", () => {
    expect(shareLeft({ stockTotal: 500, stockLeft: 125 })).toBe(0.25);
    expect(shareLeft({ stockTotal: 0, stockLeft: 0 })).toBeUndefined();
    expect(shareLeft({ stockTotal: 500 })).toBeUndefined();
  });

  it("is sold out at 0, not where it is not known or there never was any", () => {
    expect(soldOut({ stockTotal: 5, stockLeft: 0 })).toBe(true);
    expect(soldOut({ stockTotal: 5 })).toBe(false);
    expect(soldOut({ stockTotal: 0, stockLeft: 0 })).toBe(false);
  });
});

describe("an act", () => {
  it("is impossible for a reason", () => {
    expect(hindrance("pause", undefined)).toBe("unknown");
    expect(hindrance("pause", { status: "ACTIVE", mode: "SETTLE" })).toBeUndefined();
    expect(hindrance("pause", { status: "PAUSED" })).toBe("paused");
    expect(hindrance("resume", { status: "ACTIVE" })).toBe("notPaused");
    expect(hindrance("resume", { status: "PAUSED" })).toBeUndefined();
    expect(hindrance("stock", { status: "PAUSED", mode: "RECORD" })).toBe("recordOnly");
    expect(hindrance("stock", { status: "PAUSED", mode: "SETTLE" })).toBeUndefined();
    for (const act of ["pause", "resume", "stock", "end"] as const) {
      expect(hindrance(act, { status: "ENDED" })).toBe("ended");
    }
  });
});
