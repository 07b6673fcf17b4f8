import { describe, expect, test } from "vitest";
import { hrefOf, parse } from "./router";

describe("addresses", () => {
  test("a path with filters is read", () => {
    expect(parse("#/sales/2001?window=15m&status=A%26B")).toEqual({
      parts: ["sales", "2001"],
      query: { window: "15m", status: "A&B" },
    });
  });

  test("what is written is read again, whatever characters it has", () => {
    const parts = ["attempts", "1700000000000-0", "a/b?c#d e%"];
    const query = { user: "张三 & co", from: "2026-01-01T00:00:00Z" };
    expect(parse(hrefOf(parts, query))).toEqual({ parts, query });
  });

  test("empty filters are left out", () => {
    expect(hrefOf(["audit"], { actor: "", action: undefined, target: "product:1" })).toBe("#/audit?target=product%3A1");
  });

  test("a broken escape is no failure", () => {
    expect(parse("#/sales/%E0%A4%A").parts).toEqual(["sales", "%E0%A4%A"]);
  });
});
