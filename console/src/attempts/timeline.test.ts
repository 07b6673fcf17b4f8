import { describe, expect, it } from "vitest";
import type { AuditEntry, LetterDetail, Log, Order } from "../lib/types";
import { type Known, stepsOf } from "./timeline";

const at = (second: number, micros = 0) =>
  `2026-01-17T10:00:${String(second).padStart(2, "0")}.${String(micros).padStart(6, "0")}Z`;
const arrival = Date.parse(at(0));
const streamId = `${arrival}-0`;

const log: Log = {
  productId: "2001",
  userId: "9007199254740993",
  streamId,
  status: "SUCCESS",
  createdAt: at(0, 40_000),
  updatedAt: at(0, 40_000),
};
const order: Order = {
  orderId: "7",
  productId: "2001",
  userId: "9007199254740993",
  streamId,
  status: "PENDING_PAYMENT",
  expiresAt: at(50),
  createdAt: at(0, 40_000),
  updatedAt: at(0, 40_000),
};
const act = (action: string, detail: AuditEntry["detail"] = {}): AuditEntry => ({
  id: "1",
  actor: "olga",
  action,
  target: "order:7",
  detail,
  createdAt: at(30),
});
const kinds = (known: Partial<Known>) => stepsOf({ streamId, letters: [], acts: [], ...known }).map(({ kind }) => kind);

describe("the way of an attempt", () => {
  it("begins with its arrival, and says how long each step took", () => {
    const steps = stepsOf({ streamId, log, order, letters: [], acts: [] });
    expect(steps.map(({ kind, after }) => [kind, after])).toEqual([
      ["arrived", undefined],
      ["won", 40],
      ["ordered", undefined],
      ["due", undefined],
    ]);
  });
  it("is known as far as the arrival when nothing is stored", () => {
    expect(kinds({})).toEqual(["arrived"]);
  });
  it("begins with what is stored when the ID is no time", () => {
    expect(kinds({ streamId: "0-1", log })).toEqual(["won"]);
  });
  it("ends with the refusal", () => {
    const steps = stepsOf({ streamId, log: { ...log, status: "FAILED", reason: "SOLD_OUT" }, letters: [], acts: [] });
    expect(steps[1]).toMatchObject({ kind: "refused", reason: "SOLD_OUT" });
  });
  it("waits, of a record-only product, for whoever resolves it", () => {
    expect(kinds({ log: { ...log, status: "PROCESSING" } })).toEqual(["arrived", "stored"]);
    expect(kinds({ log: { ...log, updatedAt: at(9) } })).toEqual(["arrived", "stored", "resolved"]);
    expect(kinds({ log: { ...log, status: "FAILED", updatedAt: at(9) } })).toEqual(["arrived", "stored", "failed"]);
  });
  it("tells of the payment, with its reference", () => {
    const paid = { ...order, status: "PAID" as const, paidAt: at(20), paymentRef: "bank-1", updatedAt: at(20) };
    expect(stepsOf({ streamId, log, order: paid, letters: [], acts: [] }).at(-1)).toMatchObject({
      kind: "paid",
      ref: "bank-1",
    });
  });
  it("tells who cancelled, and that the unit went back", () => {
    const cancelled = { ...order, status: "CANCELLED" as const, updatedAt: at(30) };
    const steps = stepsOf({ streamId, log, order: cancelled, letters: [], acts: [act("order.cancel")] });
    expect(steps.slice(-2)).toMatchObject([{ kind: "cancelled", actor: "olga" }, { kind: "returned" }]);
  });
  it("tells of an expiry, and of the money that came after it", () => {
    const expired = { ...order, status: "EXPIRED" as const, updatedAt: at(29) };
    expect(kinds({ log, order: expired, acts: [act("order.late_payment", { paymentRef: "b" })] })).toEqual([
      "arrived",
      "won",
      "ordered",
      "expired",
      "returned",
      "unwanted",
    ]);
  });
  it("has no payment to wait for when the order was confirmed at once", () => {
    expect(kinds({ log, order: { ...order, status: "CONFIRMED", expiresAt: undefined } })).toEqual([
      "arrived",
      "won",
      "confirmed",
    ]);
  });
  it("leads through the dead letters, to the microsecond", () => {
    const letter = {
      id: "3",
      reason: "INVALID_UID",
      createdAt: at(1),
      history: [
        { actor: "olga", action: "dead_letter.discard", at: at(2, 1), note: "a robot" },
        { actor: "bob", action: "dead_letter.reopen", at: at(2, 2) },
        { actor: "bob", action: "dead_letter.replay", at: at(3) },
      ],
    } as LetterDetail;
    const stored = { ...log, createdAt: at(3), updatedAt: at(3) };
    expect(kinds({ log: stored, letters: [letter] })).toEqual([
      "arrived",
      "dead",
      "discarded",
      "reopened",
      "replayed",
      "won",
    ]);
  });
});
