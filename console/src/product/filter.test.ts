import { expect, it } from "vitest";
import type { Product } from "../lib/types";
import { filterOf, fits } from "./filter";

const now = Date.parse("2026-11-27T10:00:00Z");
const lamp: Product = {
  productId: "2001",
  name: "Lamp",
  status: "ACTIVE",
  mode: "SETTLE",
  perUserLimit: 1,
  startsAt: "2026-11-27T11:00:00Z",
  createdAt: "2026-11-01T00:00:00Z",
  updatedAt: "2026-11-01T00:00:00Z",
};

it.each<[query: Record<string, string>, fit: boolean]>([
  [{}, true],
  [{ q: "LAM" }, true],
  [{ q: "200" }, true],
  [{ q: "chair" }, false],
  [{ state: "soon" }, true],
  [{ state: "on" }, false],
  [{ state: "nonsense" }, true],
  [{ mode: "SETTLE", state: "soon" }, true],
  [{ mode: "RECORD" }, false],
])("%j", (query, fit) => {
  expect(fits(lamp, filterOf(query), now)).toBe(fit);
});
