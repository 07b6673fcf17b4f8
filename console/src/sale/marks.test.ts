import { describe, expect, it } from "vitest";
import type { AuditEntry, Json } from "../lib/types";
import { marksOf } from "./marks";

const row = (action: string, at: string, detail: Record<string, Json> = {}): AuditEntry => ({
  id: at,
  actor: "ann",
  action,
  target: "product:1",
  detail,
  createdAt: `2026-11-26T12:00:${at}Z`,
});
const time = (second: string) => Date.parse(`2026-11-26T12:00:${second}Z`);

describe("the marks of a sale", () => {
  it("are what was done to it, by whom, with its begin and its end, oldest first", () => {
    const audit = [
      row("product.stock", "40", { delta: -5, note: "broken" }),
      row("product.pause", "20"),
      row("books.repair", "30", { difference: 3, left: 9 }),
    ];
    const sale = { startsAt: "2026-11-26T12:00:10Z", endsAt: "2026-11-26T12:00:50Z" };
    expect(marksOf(audit, sale)).toEqual([
      { at: time("10"), kind: "start" },
      { at: time("20"), kind: "pause", actor: "ann", units: undefined, note: undefined },
      { at: time("30"), kind: "repair", actor: "ann", units: 3, note: undefined },
      { at: time("40"), kind: "stock", actor: "ann", units: -5, note: "broken" },
      { at: time("50"), kind: "end" },
    ]);
  });

  it("leave out what changed nothing of the sale", () => {
    expect(marksOf([row("request.refused", "10"), row("dead_letter.replay", "11")], undefined)).toEqual([]);
  });
});
