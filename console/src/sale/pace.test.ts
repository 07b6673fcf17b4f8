import { describe, expect, it } from "vitest";
import type { Overview } from "../lib/types";
import { Pace } from "./pace";

const t0 = Date.UTC(2026, 10, 26, 12);

function overview(second: number, sold: number | undefined, stockTotal = 500): Overview {
  const at = new Date(t0 + second * 1000).toISOString();
  return { at, missing: [], products: [{ at, productId: "1", name: "", sold, stockTotal, alarms: [], missing: [] }] };
}

function paceOf(...overviews: Overview[]): number | undefined {
  const pace = new Pace();
  for (const one of overviews) pace.note(one);
  return pace.perSecond("1");
}

describe("a pace", () => {
  it("is what was sold in the last ten seconds", () => {
    const steady = Array.from({ length: 31 }, (_, s) => overview(s, s < 20 ? 0 : (s - 20) * 7));
    expect(paceOf(...steady)).toBeCloseTo(7);
  });

  it("is not known after a moment, nor where what was sold is not known", () => {
    expect(paceOf(overview(0, 0), overview(1, 5))).toBeUndefined();
    expect(paceOf(overview(0, 0), overview(5, undefined))).toBeUndefined();
    expect(new Pace().perSecond("2")).toBeUndefined();
  });

  it("is 0 when units come back, and begins anew when the stock changes", () => {
    expect(paceOf(overview(0, 9), overview(5, 3))).toBe(0);
    expect(paceOf(overview(0, 0), overview(5, 50), overview(6, 50, 900))).toBeUndefined();
  });

  it("is forgotten with a product that is gone", () => {
    const pace = new Pace();
    pace.note(overview(0, 0));
    pace.note({ ...overview(3, 9), products: [] });
    pace.note(overview(5, 50));
    expect(pace.perSecond("1")).toBeUndefined();
  });
});
