// When a sale will have sold out, if it goes on as in the last seconds.

import type { Points } from "./series";
import type { Sample } from "./types";

export interface Projection {
  /** Unix milliseconds at which nothing will be left. */
  at: number;
  /** Units that go each second. */
  perSecond: number;
  /** Where the line begins: the newest sample. */
  from: { at: number; left: number };
}

/** Milliseconds that are looked at; fewer samples, or a shorter time, tell nothing. */
const window = 30_000;
const fewest = 5;
const shortest = 4_000;

/**
 * The straight line through what was left (in the gate, else in PostgreSQL) in the last
 * 30 s. Undefined when nothing goes, nothing is left, the sale is not on, or too little
 * is known; what was before the stock changed does not count.
 */
export function project(samples: Points<Sample>): Projection | undefined {
  const newest = samples.last;
  if (newest?.status !== "ACTIVE") {
    return undefined;
  }
  const place = newest.redisLeft === undefined ? "stockLeft" : "redisLeft";
  const left = newest[place];
  const points = comparable(samples, newest, place);
  const end = points.at(-1);
  if (!left || !end || points.length < fewest || end.at - (points[0]?.at ?? end.at) < shortest) {
    return undefined;
  }
  const perSecond = -slope(points) * 1000;
  if (perSecond <= 0) {
    return undefined;
  }
  return { at: end.at + (left / perSecond) * 1000, perSecond, from: { at: end.at, left } };
}

// The points of the window that tell of the same stock, up to the newest.
function comparable(samples: Points<Sample>, newest: Sample, place: "redisLeft" | "stockLeft") {
  const points: { at: number; left: number }[] = [];
  for (const { at, value } of samples.since(Date.parse(newest.at) - window)) {
    const left = value[place];
    if (value.stockTotal !== newest.stockTotal || value.status !== newest.status) {
      points.length = 0;
    } else if (left !== undefined) {
      points.push({ at, left });
    }
  }
  return points;
}

// Least squares, in units a millisecond.
function slope(points: { at: number; left: number }[]): number {
  const n = points.length;
  const meanAt = points.reduce((sum, p) => sum + p.at, 0) / n;
  const meanLeft = points.reduce((sum, p) => sum + p.left, 0) / n;
  let over = 0;
  let under = 0;
  for (const p of points) {
    over += (p.at - meanAt) * (p.left - meanLeft);
    under += (p.at - meanAt) ** 2;
  }
  return under === 0 ? 0 : over / under;
}
