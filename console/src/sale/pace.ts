// How fast sales go, from one sample of the overview to the next.

import type { Overview, Sample } from "../lib/types";

/** looksBack is over how many milliseconds a pace is taken. */
const looksBack = 10_000;
/** shortest is the time below which a pace says nothing, in milliseconds. */
const shortest = 2_500;

type Point = { at: number; sold: number; total: number };

/** Pace remembers what was sold of each product in the last seconds. */
export class Pace {
  private readonly known = new Map<string, Point[]>();

  /** note takes an overview; products that are no longer in it are forgotten. */
  note(overview: Overview): void {
    const there = new Set(overview.products.map((sample) => sample.productId));
    for (const id of this.known.keys()) if (!there.has(id)) this.known.delete(id);
    for (const sample of overview.products) this.add(sample);
  }

  private add({ productId, at, sold, stockTotal }: Sample): void {
    const time = Date.parse(at);
    const points = this.known.get(productId) ?? [];
    if (sold === undefined || stockTotal === undefined || points.at(-1)?.at === time) return;
    // What was sold of another stock tells nothing of this one.
    const fitting = points.filter((p) => p.at >= time - looksBack && p.total === stockTotal);
    this.known.set(productId, [...fitting, { at: time, sold, total: stockTotal }]);
  }

  /** perSecond is how many units of a product are sold each second; undefined when too little is known. */
  perSecond(productId: string): number | undefined {
    const points = this.known.get(productId) ?? [];
    const first = points[0];
    const last = points.at(-1);
    if (!first || !last || last.at - first.at < shortest) return undefined;
    return Math.max(0, ((last.sold - first.sold) / (last.at - first.at)) * 1000);
  }
}
