// How a sale stands, and the order of sales on a page.

import type { Product, ProductStatus, Sample } from "../lib/types";

/** SaleState is how a sale stands: on sale, to come, paused, or over. */
export type SaleState = "on" | "soon" | "paused" | "ended";

/** saleStates are all states, in the order in which sales are shown. */
export const saleStates: readonly SaleState[] = ["on", "soon", "paused", "ended"];

/** Sale is what a state is read from: a product, or a sample of one. */
export type Sale = Pick<Sample, "productId" | "name" | "status" | "startsAt" | "endsAt">;

/** stateOf reads how a sale stands at a time (Unix milliseconds); begin inclusive, end exclusive. */
export function stateOf(sale: Pick<Sale, "status" | "startsAt" | "endsAt">, now: number): SaleState {
  if (sale.status === "ENDED" || (sale.endsAt && Date.parse(sale.endsAt) <= now)) return "ended";
  if (sale.status === "PAUSED") return "paused";
  return sale.startsAt && Date.parse(sale.startsAt) > now ? "soon" : "on";
}

/** nextTurn is what a sale counts down to, and when (Unix milliseconds); undefined when it has nothing to. */
export function nextTurn(sale: Sale, now: number): { kind: "opens" | "ends"; at: number } | undefined {
  const starts = sale.startsAt ? Date.parse(sale.startsAt) : undefined;
  const ends = sale.endsAt ? Date.parse(sale.endsAt) : undefined;
  if (sale.status === "ENDED") return undefined;
  if (starts !== undefined && starts > now) return { kind: "opens", at: starts };
  if (ends !== undefined && ends > now) return { kind: "ends", at: ends };
  return undefined;
}

/** shareLeft is the share (0–1) of a sale's stock that is left; undefined when it is not known. */
export function shareLeft(sample: Pick<Sample, "stockTotal" | "stockLeft">): number | undefined {
  const { stockTotal, stockLeft } = sample;
  if (stockLeft === undefined || !stockTotal) return undefined;
  return Math.min(1, Math.max(0, stockLeft / stockTotal));
}

/** soldOut reports whether nothing is left of a sale that had something. */
export function soldOut(sample: Pick<Sample, "stockTotal" | "stockLeft">): boolean {
  return sample.stockLeft === 0 && sample.stockTotal !== 0;
}

/** matches reports whether a sale's name or number holds what was searched for. */
export function matches(sale: Pick<Sale, "productId" | "name">, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return wanted === "" || sale.productId.includes(wanted) || sale.name.toLowerCase().includes(wanted);
}

/** inOrder sorts sales: by state, those to come by their begin, the others by the higher number. */
export function inOrder<T extends Sale>(sales: readonly T[], now: number): T[] {
  const rank = (sale: T) => saleStates.indexOf(stateOf(sale, now));
  const begin = (sale: T) => (stateOf(sale, now) === "soon" ? Date.parse(sale.startsAt ?? "") : 0);
  return [...sales].sort((a, b) => rank(a) - rank(b) || begin(a) - begin(b) || byNumber(b.productId, a.productId));
}

/** byNumber compares two IDs as the numbers that they are. */
function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

/**
 * keepPlaces gives the wanted order, but while held is set what is shown stays where it is and what is new
 * comes behind it: nothing moves under a pointer.
 */
export function keepPlaces(shown: readonly string[], wanted: readonly string[], held: boolean): readonly string[] {
  if (!held) return wanted;
  const there = shown.filter((id) => wanted.includes(id));
  return [...there, ...wanted.filter((id) => !there.includes(id))];
}

/** SaleAct is what an operator can do to a sale. */
export type SaleAct = "pause" | "resume" | "stock" | "end";

/** Hindrance says why an act is impossible now. */
export type Hindrance = "ended" | "paused" | "notPaused" | "recordOnly" | "unknown";

/** hindrance says what stands in the way of an act, undefined when nothing does. */
export function hindrance(
  act: SaleAct,
  sale: { status?: ProductStatus; mode?: Product["mode"] } | undefined,
): Hindrance | undefined {
  if (!sale?.status) return "unknown";
  if (sale.status === "ENDED") return "ended";
  if (act === "pause" && sale.status === "PAUSED") return "paused";
  if (act === "resume" && sale.status !== "PAUSED") return "notPaused";
  return act === "stock" && sale.mode === "RECORD" ? "recordOnly" : undefined;
}
