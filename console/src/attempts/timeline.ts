// The way of one attempt, from its arrival to what became of its order.

import type { AuditEntry, LetterDetail, Log, Order } from "../lib/types";
import { arrivalOf } from "./search";

/** StepKind is what happened. */
export type StepKind =
  | "arrived"
  | "dead"
  | "replayed"
  | "discarded"
  | "reopened"
  | "stored"
  | "won"
  | "refused"
  | "resolved"
  | "failed"
  | "ordered"
  | "confirmed"
  | "paid"
  | "cancelled"
  | "expired"
  | "returned"
  | "unwanted"
  | "denied"
  | "due";

/** Step is one thing that happened to an attempt, or, when it is due, that is going to. */
export interface Step {
  kind: StepKind;
  /** at is RFC 3339, or Unix milliseconds. */
  at: string | number;
  /** after is how long after the step before, in milliseconds; the clocks of Redis and PostgreSQL may differ. */
  after?: number;
  /** reason is a code, such as SOLD_OUT. */
  reason?: string;
  actor?: string;
  note?: string;
  /** ref is a payment's. */
  ref?: string;
  letterId?: string;
  orderId?: string;
}

/** Known is what is known of an attempt. */
export interface Known {
  streamId: string;
  log?: Log;
  order?: Order;
  letters: readonly LetterDetail[];
  /** acts are what the audit says of the order. */
  acts: readonly AuditEntry[];
}

/** stepsOf is the way of an attempt, in the order in which it went. */
export function stepsOf({ streamId, log, order, letters, acts }: Known): Step[] {
  const steps = [
    ...letters.flatMap(letterSteps),
    ...(log ? logSteps(log) : []),
    ...(order ? orderSteps(order, acts) : []),
    ...acts.flatMap(actSteps),
  ];
  const arrival = arrivalOf(streamId);
  // What happened at the same moment stays in the order in which one thing leads to the next.
  steps.sort((a, b) => compare(a.at, b.at));
  const way: Step[] = arrival === undefined ? steps : [{ kind: "arrived", at: arrival }, ...steps];
  return way.map((step, n) => withDistance(step, way[n - 1]));
}

function withDistance(step: Step, before: Step | undefined): Step {
  if (!before || step.kind === "due") return step;
  const after = msOf(step.at) - msOf(before.at);
  return after > 0 ? { ...step, after } : step;
}

function msOf(at: string | number): number {
  return typeof at === "number" ? at : Date.parse(at);
}

// Times are of one form, so that as texts they stand in order to the microsecond.
function compare(a: string | number, b: string | number): number {
  const ms = msOf(a) - msOf(b);
  if (ms !== 0 || typeof a !== "string" || typeof b !== "string") return ms;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** letterKinds is what an act on a dead letter is as a step. */
export const letterKinds = {
  "dead_letter.replay": "replayed",
  "dead_letter.discard": "discarded",
  "dead_letter.reopen": "reopened",
} as const;

function letterSteps({ id, createdAt, reason, history }: LetterDetail): Step[] {
  return [
    { kind: "dead", at: createdAt, reason, letterId: id },
    ...history.map(
      ({ action, at, actor, note }): Step => ({ kind: letterKinds[action], at, actor, note, letterId: id }),
    ),
  ];
}

// The log of a product with stock is written with its outcome; that of a record-only one waits for whoever owns
// the order logic.
function logSteps({ status, reason, createdAt, updatedAt }: Log): Step[] {
  if (status === "PROCESSING") return [{ kind: "stored", at: createdAt }];
  const won = status === "SUCCESS";
  if (createdAt === updatedAt) return [{ kind: won ? "won" : "refused", at: createdAt, reason }];
  return [
    { kind: "stored", at: createdAt },
    { kind: won ? "resolved" : "failed", at: updatedAt, reason },
  ];
}

function orderSteps(order: Order, acts: readonly AuditEntry[]): Step[] {
  const { orderId, status, createdAt, updatedAt, expiresAt, paidAt, paymentRef } = order;
  const steps: Step[] = [{ kind: expiresAt ? "ordered" : "confirmed", at: createdAt, orderId }];
  if (paidAt) steps.push({ kind: "paid", at: paidAt, ref: paymentRef });
  if (status === "PENDING_PAYMENT" && expiresAt) steps.push({ kind: "due", at: expiresAt });
  if (status === "CANCELLED" || status === "EXPIRED") {
    const actor = acts.find(({ action }) => action === "order.cancel")?.actor;
    steps.push(
      status === "EXPIRED" ? { kind: "expired", at: updatedAt } : { kind: "cancelled", at: updatedAt, actor },
      { kind: "returned", at: updatedAt },
    );
  }
  return steps;
}

/** unwanted are payments that the service could not take: somebody has to give the money back. */
const unwanted = /^order\.(late|second|needless|unknown)_payment$/;

function actSteps({ action, actor, createdAt, detail }: AuditEntry): Step[] {
  const text = (name: string) => (typeof detail[name] === "string" ? detail[name] : undefined);
  if (unwanted.test(action)) return [{ kind: "unwanted", at: createdAt, actor, ref: text("paymentRef") }];
  if (action === "request.refused") return [{ kind: "denied", at: createdAt, actor, reason: text("action") }];
  return [];
}
