// An act on many letters: call by call, so that whoever waits sees how far it is, and can stop it.

import type { BulkReplay, Id } from "../lib/types";

/** Acted is what was done so far. */
export interface Acted {
  done: number;
  /** bad were looked at and are still bad. */
  bad: number;
  /** left are open and were not looked at. */
  left: number;
}

/** callSize is how many letters one call acts on at most. */
const callSize = 100;

/**
 * inBulk calls once until no letter is left, the call has moved nothing, or it is to stop; tell hears of each
 * call. A call that fails ends it: what was done before has been told.
 */
export async function inBulk(
  once: (page: { limit: number; afterId?: Id }) => Promise<BulkReplay>,
  tell: (acted: Acted) => void,
  signal: AbortSignal,
): Promise<Acted> {
  let acted: Acted = { done: 0, bad: 0, left: 0 };
  let afterId: Id | undefined;
  for (let moved = true; moved && !signal.aborted; ) {
    const answer = await once({ limit: callSize, afterId });
    acted = { done: acted.done + answer.replayed, bad: acted.bad + answer.stillBad, left: answer.remaining };
    tell(acted);
    moved = answer.remaining > 0 && answer.nextId !== afterId;
    afterId = answer.nextId;
  }
  return acted;
}
