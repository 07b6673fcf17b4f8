// What the charts draw: the points of the last 15 minutes by time, and uPlot's columns made
// of them. Where nothing is known there is a gap: nothing is interpolated, nothing frozen.

import type { History, Sample, Second } from "./types";

/** Milliseconds that the service, and a page, look back. */
export const memory = 15 * 60_000;

/** Milliseconds between two points beyond which nothing is known between them. */
const longestStep = 2_500;

/** Points in the order of their times (Unix milliseconds), the newest 15 minutes of them. */
export class Points<T> {
  private readonly times: number[] = [];
  private readonly values: T[] = [];

  /** Adds a point, or puts it in the place of the one of the same time. */
  put(at: number, value: T): void {
    const i = this.position(at);
    const same = this.times[i] === at ? 1 : 0;
    this.times.splice(i, same, at);
    this.values.splice(i, same, value);
    const old = this.position((this.times.at(-1) ?? at) - memory);
    if (old > 0) {
      this.times.splice(0, old);
      this.values.splice(0, old);
    }
  }

  clear(): void {
    this.times.length = 0;
    this.values.length = 0;
  }

  get length(): number {
    return this.times.length;
  }

  get last(): T | undefined {
    return this.values.at(-1);
  }

  /** The points from a time on, oldest first. */
  since(from: number): { at: number; value: T }[] {
    const first = this.position(from);
    return this.times.slice(first).map((at, i) => ({ at, value: this.values[first + i] as T }));
  }

  // The index of the first point that is not before a time; nearly always the end.
  private position(at: number): number {
    let low = 0;
    let high = this.times.length;
    if (high > 0 && (this.times[high - 1] as number) < at) {
      return high;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] as number) < at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/** What a page knows of a product's last 15 minutes. */
export class Track {
  readonly samples = new Points<Sample>();
  readonly seconds = new Points<Second>();

  clear(): void {
    this.samples.clear();
    this.seconds.clear();
  }

  /** Begins anew with what the service knows. */
  replace(history: History): void {
    this.clear();
    for (const second of history.seconds) {
      this.seconds.put(second.at * 1000, second);
    }
    for (const sample of history.samples) {
      this.add(sample);
    }
  }

  /** Adds a sample, and the seconds that became complete with it. */
  add(sample: Sample): void {
    this.samples.put(Date.parse(sample.at), sample);
    for (const second of sample.seconds ?? []) {
      this.seconds.put(second.at * 1000, second);
    }
  }
}

/** uPlot's data: times in Unix seconds, then one column for each line; null = not known. */
export type Columns = [number[], ...(number | null)[][]];

/** Makes columns of the points from a time on; each pick reads the value of one line. */
export function columns<T>(points: Points<T>, from: number, picks: ((value: T) => number | undefined)[]): Columns {
  const made: Columns = [[], ...picks.map(() => [])];
  let before = Number.POSITIVE_INFINITY;
  for (const { at, value } of points.since(from)) {
    if (at - before > longestStep) {
      gap(made, before);
    }
    made[0].push(at / 1000);
    picks.forEach((pick, i) => {
      column(made, i).push(pick(value) ?? null);
    });
    before = at;
  }
  return made;
}

// A row of nulls a second after the last that is known.
function gap(made: Columns, before: number): void {
  made[0].push(before / 1000 + 1);
  for (let i = 0; i < made.length - 1; i++) {
    column(made, i).push(null);
  }
}

function column(made: Columns, i: number): (number | null)[] {
  return made[i + 1] as (number | null)[];
}

/** The lines of the burn-down: units in all, left in the gate, left in PostgreSQL, and sold. */
export function burnDown(track: Track, from: number): Columns {
  return columns(track.samples, from, [(s) => s.stockTotal, (s) => s.redisLeft, (s) => s.stockLeft, (s) => s.sold]);
}

/** Entries not yet delivered, and delivered and not yet settled. */
export function backlog(track: Track, from: number): Columns {
  return columns(track.samples, from, [(s) => s.lag, (s) => s.pending]);
}

/** Milliseconds from arrival to commit: median and 99th percentile of each second. */
export function delays(track: Track, from: number): Columns {
  return columns(track.seconds, from, [(s) => s.p50Ms, (s) => s.p99Ms]);
}

/** What attempts at the gate are told, as a page shows it; see groupOf. */
export const attemptGroups = ["admitted", "repeated", "sold_out", "limit_reached", "closed", "failed"] as const;
export type AttemptGroup = (typeof attemptGroups)[number];

const groups: Record<string, AttemptGroup> = {
  admitted: "admitted",
  repeated: "repeated",
  sold_out: "sold_out",
  limit_reached: "limit_reached",
  not_started: "closed",
  ended: "closed",
  paused: "closed",
};

/** The group of an outcome: closed = the sale is not on; failed = the service could not say. */
export function groupOf(outcome: string): AttemptGroup {
  return groups[outcome] ?? "failed";
}

/** How many attempts of a second belong to a group. */
export function attemptsOf(second: Second, group: AttemptGroup): number {
  let sum = 0;
  for (const [outcome, n] of Object.entries(second.attempts)) {
    sum += groupOf(outcome) === group ? n : 0;
  }
  return sum;
}

/** Attempts a second by group. */
export function attempts(track: Track, from: number): Columns {
  return columns(
    track.seconds,
    from,
    attemptGroups.map((group) => (s: Second) => attemptsOf(s, group)),
  );
}

export const resultKinds = ["SUCCESS", "FAILED", "PROCESSING"] as const;

/** Logs committed a second by status. */
export function results(track: Track, from: number): Columns {
  return columns(
    track.seconds,
    from,
    resultKinds.map((kind) => (s: Second) => s.results[kind] ?? 0),
  );
}

/** Puts each column upon those before it; a row with a null stays one of nulls. */
export function stack(data: Columns): Columns {
  const stacked: Columns = [data[0]];
  let below: (number | null)[] = data[0].map(() => 0);
  for (const values of data.slice(1) as (number | null)[][]) {
    below = values.map((v, i) => (v === null || below[i] === null ? null : v + (below[i] as number)));
    stacked.push(below);
  }
  return stacked;
}

/** Attempts, or committed logs, a second: the mean of the last n complete seconds that are known. */
export function rate(seconds: Points<Second>, kind: "attempts" | "results", n: number): number | undefined {
  const last = seconds.last;
  if (!last) {
    return undefined;
  }
  const recent = seconds.since((last.at - n + 1) * 1000);
  return recent.reduce((sum, { value }) => sum + total(value[kind]), 0) / recent.length;
}

function total(counts: Partial<Record<string, number>>): number {
  return Object.values(counts).reduce<number>((sum, v) => sum + (v ?? 0), 0);
}
