import { expect, it } from "vitest";
import { detailOf, targetParts } from "./detail";

it("shows the fields that differ, and what else is said", () => {
  const before = { name: "Lamp", status: "ACTIVE", stockTotal: 500, endsAt: "2026-11-27T12:00:00Z" };
  const after = { name: "Lamp", status: "ACTIVE", stockTotal: 600, startsAt: "2026-11-27T10:00:00Z" };
  expect(detailOf({ before, after, delta: 100, note: "more came" })).toEqual({
    changes: [
      { name: "stockTotal", before: 500, after: 600 },
      { name: "endsAt", before: "2026-11-27T12:00:00Z", after: undefined },
      { name: "startsAt", before: undefined, after: "2026-11-27T10:00:00Z" },
    ],
    facts: [
      { name: "delta", value: 100 },
      { name: "note", value: "more came" },
    ],
  });
});

it("shows all of what was made, and of what was deleted", () => {
  expect(detailOf({ after: { name: "Lamp" } }).changes).toEqual([{ name: "name", before: undefined, after: "Lamp" }]);
  expect(detailOf({ before: { name: "Lamp" } }).changes).toEqual([{ name: "name", before: "Lamp", after: undefined }]);
});

it("takes a before that is no record for a fact", () => {
  expect(detailOf({ productId: "9007199254740993", before: "PAID" })).toEqual({
    changes: [],
    facts: [
      { name: "productId", value: "9007199254740993" },
      { name: "before", value: "PAID" },
    ],
  });
});

it("compares what is deep, and numbers beyond 2^53", () => {
  const deep = { fields: { uid: "7", rid: { base64: "/w==" } }, n: 9007199254740993n };
  expect(detailOf({ before: deep, after: structuredClone(deep) }).changes).toEqual([]);
  expect(detailOf({ before: deep, after: { ...deep, n: 9007199254740992n } }).changes).toHaveLength(1);
});

it("takes targets apart", () => {
  expect(targetParts("product:9007199254740993")).toEqual({ kind: "product", id: "9007199254740993" });
  expect(targetParts("dead_letter:7")).toEqual({ kind: "dead_letter", id: "7" });
  for (const other of ["logs", "POST /admin/v1/products/1/pause", "product:"])
    expect(targetParts(other)).toBeUndefined();
});
