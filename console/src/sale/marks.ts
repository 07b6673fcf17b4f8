// What was done to a sale, as marks on its charts.

import type { Theme } from "../chart/paint";
import type { AuditEntry, Json, Sample } from "../lib/types";

/** MarkKind is what happened. */
export type MarkKind = "start" | "end" | "pause" | "resume" | "stop" | "stock" | "change" | "repair";

/** Mark is something that happened to a sale. */
export interface Mark {
  /** at is when, in Unix milliseconds. */
  at: number;
  kind: MarkKind;
  /** units are those that were added, or taken, or by which the gate was corrected. */
  units?: number;
  /** actor is who did it; nobody did what happened by the clock. */
  actor?: string;
  note?: string;
}

const kinds: Record<string, MarkKind> = {
  "product.pause": "pause",
  "product.resume": "resume",
  "product.end": "stop",
  "product.stock": "stock",
  "product.change": "change",
  "books.repair": "repair",
};

/** markColours are the colours of the marks; each has a word as well. */
export const markColours: Record<MarkKind, keyof Theme> = {
  start: "ok",
  end: "muted",
  pause: "warn",
  resume: "ok",
  stop: "bad",
  stock: "accent",
  change: "muted",
  repair: "warn",
};

/** marksOf are the marks of a sale, oldest first: what the audit tells, and its begin and its end by the clock. */
export function marksOf(audit: readonly AuditEntry[], sale: Pick<Sample, "startsAt" | "endsAt"> | undefined): Mark[] {
  const marks = audit.flatMap(markOf);
  if (sale?.startsAt) marks.push({ at: Date.parse(sale.startsAt), kind: "start" });
  if (sale?.endsAt) marks.push({ at: Date.parse(sale.endsAt), kind: "end" });
  return marks.sort((a, b) => a.at - b.at);
}

function markOf({ action, createdAt, actor, detail }: AuditEntry): Mark[] {
  const kind = kinds[action];
  if (!kind) return [];
  const units = numberOf(detail.delta) ?? numberOf(detail.difference);
  const note = typeof detail.note === "string" ? detail.note : undefined;
  return [{ at: Date.parse(createdAt), kind, actor, units, note }];
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}
