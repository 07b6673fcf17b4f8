import { describe, expect, it } from "vitest";
import { databaseOf, gateOf, type Terms, verdictOf } from "./equations";

const right: Terms = {
  stockTotal: 500,
  stockLeft: 120,
  liveOrders: 380,
  redisLeft: 100,
  inFlight: 18,
  pendingMoves: 2,
  drift: 0,
};

describe("the equations", () => {
  const cases: [
    name: string,
    change: Terms,
    database: number | undefined,
    gate: number | undefined,
    verdict: string,
  ][] = [
    ["both hold", {}, 0, 0, "balanced"],
    ["the gate has too few", { redisLeft: 97, drift: 3 }, 0, 3, "gate"],
    ["the gate has too many", { redisLeft: 104, drift: -4 }, 0, -4, "gate"],
    ["a unit was sold twice", { liveOrders: 381, drift: -1 }, -1, 0, "database"],
    ["neither holds", { liveOrders: 381, redisLeft: 97, drift: 3 }, -1, 3, "both"],
    ["neither holds, by as much", { liveOrders: 377, redisLeft: 97, drift: 3 }, 3, 3, "both"],
    ["Redis cannot be looked at", { redisLeft: undefined, drift: undefined }, 0, undefined, "unknown"],
    ["PostgreSQL cannot be looked at", { stockLeft: undefined, drift: undefined }, undefined, undefined, "unknown"],
    [
      "the gate is not open, and a unit was sold twice",
      { liveOrders: 381, redisLeft: undefined, drift: -1 },
      -1,
      undefined,
      "database",
    ],
  ];
  it.each(cases)("%s", (_, change, database, gate, verdict) => {
    const terms = { ...right, ...change };
    expect(databaseOf(terms).off).toBe(database);
    expect(gateOf(terms).off).toBe(gate);
    expect(verdictOf(terms)).toBe(verdict);
  });

  it("takes units that were settled between two readings for no drift", () => {
    expect(gateOf({ ...right, inFlight: 15 })).toEqual({ off: 0, moving: 3 });
    expect(gateOf({ ...right, redisLeft: 97, inFlight: 20, drift: 3 })).toEqual({ off: 3, moving: -2 });
  });
});
