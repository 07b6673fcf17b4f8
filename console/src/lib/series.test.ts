import { describe, expect, it } from "vitest";
import { project } from "./projection";
import {
  attempts,
  attemptsOf,
  burnDown,
  columns,
  delays,
  groupOf,
  memory,
  Points,
  rate,
  results,
  stack,
  Track,
} from "./series";
import type { Sample, Second } from "./types";

const t0 = Date.UTC(2026, 10, 26, 12, 0, 0);

function sample(seconds: number, extra: Partial<Sample> = {}): Sample {
  return {
    at: new Date(t0 + seconds * 1000).toISOString(),
    productId: "2001",
    name: "lamp",
    status: "ACTIVE",
    mode: "SETTLE",
    perUserLimit: 1,
    gate: "open",
    alarms: [],
    missing: [],
    ...extra,
  };
}

function track(...samples: Sample[]): Track {
  const made = new Track();
  for (const s of samples) {
    made.add(s);
  }
  return made;
}

const second = (s: number, counts: Record<string, number>, extra: Partial<Second> = {}): Second => ({
  at: t0 / 1000 + s,
  attempts: counts,
  results: {},
  ...extra,
});

describe("points", () => {
  it("stand in the order of their times, each time once", () => {
    const points = new Points<string>();
    for (const [at, value] of [
      [1000, "a"],
      [3000, "c"],
      [2000, "b"],
      [3000, "C"],
      [500, "_"],
    ] as const) {
      points.put(at, value);
    }
    expect(points.since(0).map((p) => p.value)).toEqual(["_", "a", "b", "C"]);
    expect(points.since(1001).map((p) => p.value)).toEqual(["b", "C"]);
    expect(points.last).toBe("C");
  });

  it("go after 15 minutes", () => {
    const points = new Points<number>();
    for (let s = 0; s <= 2000; s++) {
      points.put(s * 1000, s);
    }
    expect(points.length).toBe(memory / 1000 + 1);
    expect(points.since(0)[0]?.value).toBe(1100);
  });
});

describe("columns", () => {
  it("hold the values of each line", () => {
    const made = burnDown(track(sample(0, { stockTotal: 9, stockLeft: 8, redisLeft: 7, sold: 1 })), t0);
    expect(made).toEqual([[t0 / 1000], [9], [7], [8], [1]]);
  });

  it("have a gap where no sample came, and none for a tick that came late", () => {
    const made = burnDown(track(sample(0, { sold: 1 }), sample(2.1, { sold: 2 }), sample(7, { sold: 3 })), t0);
    expect(made[0].map((x) => x - t0 / 1000).map((x) => Math.round(x * 10) / 10)).toEqual([0, 2.1, 3.1, 7]);
    expect(made[4]).toEqual([1, 2, null, 3]);
  });

  it("have a gap where a server could not be looked at", () => {
    const made = burnDown(
      track(sample(0, { redisLeft: 5 }), sample(1, { missing: ["redis"] }), sample(2, { redisLeft: 3 })),
      t0,
    );
    expect(made[2]).toEqual([5, null, 3]);
  });

  it("end where what is known ends", () => {
    const made = burnDown(track(sample(0, { sold: 1 }), sample(1, { sold: 2 })), t0);
    expect(made[0].at(-1)).toBe(t0 / 1000 + 1);
  });

  it("begin at the window", () => {
    expect(columns(track(sample(0), sample(60)).samples, t0 + 30_000, [])[0]).toEqual([t0 / 1000 + 60]);
  });

  it("put outcomes into groups, and what is not known among the failed", () => {
    const t = track(
      sample(3, { seconds: [second(0, { admitted: 2, ended: 1, paused: 4, overloaded: 3, brand_new: 1 })] }),
    );
    expect(attempts(t, t0)).toEqual([[t0 / 1000], [2], [0], [0], [0], [5], [4]]);
    expect(attemptsOf(second(0, { sold_out: 3 }), "sold_out")).toBe(3);
    expect(groupOf("not_started")).toBe("closed");
  });

  it("of seconds that are missing are a gap, of seconds in which nothing happened 0", () => {
    const t = track(sample(9, { seconds: [second(0, { admitted: 1 }), second(1, {}), second(5, { admitted: 2 })] }));
    expect(attempts(t, t0)[1]).toEqual([1, 0, null, 2]);
    expect(results(t, t0)[1]).toEqual([0, 0, null, 0]);
  });

  it("leave the delay of a second without an entry open", () => {
    const t = track(sample(9, { seconds: [second(0, {}, { p50Ms: 4, p99Ms: 9 }), second(1, {})] }));
    expect(delays(t, t0).slice(1)).toEqual([
      [4, null],
      [9, null],
    ]);
  });
});

describe("stack", () => {
  it("puts each column upon those before it", () => {
    expect(
      stack([
        [1, 2, 3],
        [1, null, 2],
        [10, null, 0],
      ]),
    ).toEqual([
      [1, 2, 3],
      [1, null, 2],
      [11, null, 2],
    ]);
  });
});

describe("rate", () => {
  it("is the mean of the last seconds that are known", () => {
    const t = track(
      sample(9, {
        seconds: [second(0, { admitted: 90 }), second(4, { admitted: 1, sold_out: 2 }), second(5, { admitted: 5 })],
      }),
    );
    expect(rate(t.seconds, "attempts", 3)).toBe(4);
    expect(rate(t.seconds, "results", 3)).toBe(0);
    expect(rate(new Points(), "attempts", 3)).toBeUndefined();
  });
});

describe("the projection", () => {
  // left falls by perSecond units from 1000 on.
  const falling = (n: number, perSecond: number, extra: Partial<Sample> = {}) =>
    Array.from({ length: n }, (_, s) =>
      sample(s, { stockTotal: 1000, stockLeft: 900, redisLeft: 1000 - perSecond * s, ...extra }),
    );

  it("is the straight line through what was left in the gate", () => {
    const p = project(track(...falling(11, 10)).samples);
    expect(p?.perSecond).toBeCloseTo(10);
    expect(p?.at).toBeCloseTo(t0 + 10_000 + 90_000, -1);
    expect(p?.from).toEqual({ at: t0 + 10_000, left: 900 });
  });

  it("looks at the last 30 s only", () => {
    const slow = falling(60, 0);
    const fast = Array.from({ length: 31 }, (_, s) => sample(60 + s, { stockTotal: 1000, redisLeft: 1000 - 5 * s }));
    expect(project(track(...slow, ...fast).samples)?.perSecond).toBeCloseTo(5);
  });

  it("takes what is left in PostgreSQL where the gate says nothing", () => {
    const samples = falling(8, 0).map((s, i) => ({ ...s, redisLeft: undefined, stockLeft: 800 - i }));
    expect(project(track(...samples).samples)?.perSecond).toBeCloseTo(1);
  });

  it.each([
    ["nothing goes", falling(20, 0)],
    ["units come back", falling(20, -3)],
    ["there are few samples", falling(4, 10)],
    ["nothing is left", falling(11, 100)],
    ["the sale is paused", falling(20, 10, { status: "PAUSED" })],
    ["nothing is known", []],
  ])("is none when %s", (_, samples) => {
    expect(project(track(...samples).samples)).toBeUndefined();
  });

  it("forgets what was before the stock changed", () => {
    const more = Array.from({ length: 6 }, (_, s) => sample(20 + s, { stockTotal: 2000, redisLeft: 1800 - 2 * s }));
    expect(project(track(...falling(20, 10), ...more).samples)?.perSecond).toBeCloseTo(2);
    expect(project(track(...falling(20, 10), ...more.slice(0, 3)).samples)).toBeUndefined();
  });
});
