// The two equations of a product's books, as the service reads them.

import type { Books, Sample } from "../lib/types";

/** Terms are what the equations are made of; what could not be read is left out. Units, all of them. */
export type Terms = Pick<
  Partial<Books & Sample>,
  "stockTotal" | "stockLeft" | "liveOrders" | "ordersByStatus" | "redisLeft" | "inFlight" | "pendingMoves" | "drift"
>;

/** Equation says whether one of the equations holds. */
export interface Equation {
  /** off is by how many units the left side is more than the right; undefined when it is not known. */
  off: number | undefined;
  /** moving are units that changed sides while the terms were read, which proves nothing. */
  moving: number;
}

/** databaseOf is stockTotal = stockLeft + liveOrders, read in one snapshot of PostgreSQL. */
export function databaseOf({ stockTotal, stockLeft, liveOrders }: Terms): Equation {
  if (stockTotal === undefined || stockLeft === undefined || liveOrders === undefined) {
    return { off: undefined, moving: 0 };
  }
  return { off: stockTotal - stockLeft - liveOrders, moving: 0 };
}

/**
 * gateOf is stockLeft = redisLeft + inFlight + pendingMoves. Its terms come from two servers, so in a sale
 * their difference may be units that were settled in between; what is proven is the service's drift. That
 * stands for this equation, unless it is 0 here: then it stands for the other.
 */
export function gateOf(terms: Terms): Equation {
  const { stockLeft, redisLeft, inFlight, pendingMoves, drift } = terms;
  if (
    stockLeft === undefined ||
    redisLeft === undefined ||
    inFlight === undefined ||
    pendingMoves === undefined ||
    drift === undefined
  ) {
    return { off: undefined, moving: 0 };
  }
  const read = stockLeft - redisLeft - inFlight - pendingMoves;
  const theirs = databaseOf(terms).off === drift && drift !== 0 && read !== drift;
  const off = theirs ? 0 : drift;
  return { off, moving: read - off };
}

/** Verdict is what the books come to. */
export type Verdict = "unknown" | "balanced" | "gate" | "database" | "both";

/** verdictOf says which equations do not hold. */
export function verdictOf(terms: Terms): Verdict {
  const database = databaseOf(terms).off;
  const gate = gateOf(terms).off;
  if (database && gate) return "both";
  if (database) return "database";
  if (gate) return "gate";
  return database === undefined || gate === undefined ? "unknown" : "balanced";
}
