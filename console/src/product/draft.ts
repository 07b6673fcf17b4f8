// What the fields of a product hold, what is wrong with them, and what saving would change.

import { localOf, momentOfLocal } from "../lib/local_time";
import type { NewProduct, Product, ProductChange } from "../lib/types";

/** Draft is what the fields hold, as it was typed. Times are in the viewer's zone. */
export interface Draft {
  productId: string;
  name: string;
  settled: boolean;
  stockTotal: string;
  perUserLimit: string;
  startsAt: string;
  endsAt: string;
  paymentWindowSeconds: string;
}

/** DraftField is a field that has a value; settled says whether stockTotal is one. */
export type DraftField = Exclude<keyof Draft, "settled">;

/** Fault says what is wrong with a field. */
export type Fault = "id" | "name" | "units" | "seconds" | "moment" | "window";

/** fields are all fields, in the order in which they are shown. */
export const fields: readonly DraftField[] = [
  "productId",
  "name",
  "stockTotal",
  "perUserLimit",
  "startsAt",
  "endsAt",
  "paymentWindowSeconds",
];

/** The greatest values that the service takes. */
const greatest = { id: 9223372036854775807n, units: 1_000_000_000_000n, seconds: 31_536_000n };
/** longestName is the most characters of a name. */
const longestName = 200;

/** draftOf fills the fields with a product, or with what a new one begins with. */
export function draftOf(product?: Product): Draft {
  const text = (n: number | undefined) => (n === undefined ? "" : n.toString());
  return {
    productId: product?.productId ?? "",
    name: product?.name ?? "",
    settled: product === undefined || product.mode === "SETTLE",
    stockTotal: text(product?.stockTotal),
    perUserLimit: text(product ? product.perUserLimit : 1),
    startsAt: localOf(product?.startsAt),
    endsAt: localOf(product?.endsAt),
    paymentWindowSeconds: text(product ? (product.paymentWindowSeconds ?? 0) : 900),
  };
}

function natural(text: string, most: bigint, least = 0n): boolean {
  if (!/^\d{1,19}$/.test(text.trim())) return false;
  const n = BigInt(text.trim());
  return n >= least && n <= most;
}

/** faultsOf says what is wrong, by field. before is the product as it is; none of a new one. */
export function faultsOf(draft: Draft, before?: Product): Partial<Record<DraftField, Fault>> {
  const faults: Partial<Record<DraftField, Fault>> = {};
  const mark = (field: DraftField, fault: Fault, right: boolean) => {
    if (!right) faults[field] = fault;
  };
  const length = [...draft.name.trim()].length;
  const named = length >= 1 && length <= longestName && !/\p{Cc}/u.test(draft.name.trim());
  mark("productId", "id", before !== undefined || natural(draft.productId, greatest.id, 1n));
  mark("name", "name", named || (before?.name === "" && length === 0));
  mark("stockTotal", "units", !draft.settled || natural(draft.stockTotal, greatest.units));
  mark("perUserLimit", "units", natural(draft.perUserLimit, greatest.units));
  mark("paymentWindowSeconds", "seconds", natural(draft.paymentWindowSeconds, greatest.seconds));
  for (const field of ["startsAt", "endsAt"] as const) {
    mark(field, "moment", draft[field] === "" || momentOfLocal(draft[field]) !== undefined);
  }
  const { startsAt, endsAt } = {
    startsAt: momentIn(draft, "startsAt", before),
    endsAt: momentIn(draft, "endsAt", before),
  };
  if (startsAt && endsAt && Date.parse(startsAt) >= Date.parse(endsAt)) faults.endsAt = "window";
  return faults;
}

/**
 * momentIn reads a moment of a draft. A field has whole seconds only: one that was not touched stands for
 * the moment that the product has, to the microsecond.
 */
function momentIn(draft: Draft, field: "startsAt" | "endsAt", before?: Product): string | undefined {
  const known = before?.[field];
  return known !== undefined && draft[field] === localOf(known) ? known : momentOfLocal(draft[field]);
}

/** Value is what a field stands for: a number, a moment, a text, or nothing. */
export type Value = string | number | undefined;

/** Change is a field that saving would change. */
export interface Change {
  field: DraftField;
  before: Value;
  after: Value;
}

function valueIn(draft: Draft, field: DraftField, before?: Product): Value {
  switch (field) {
    case "productId":
      return before?.productId ?? draft.productId.trim();
    case "name":
      return draft.name.trim();
    case "startsAt":
    case "endsAt":
      return momentIn(draft, field, before);
    case "stockTotal":
      return draft.settled ? Number(draft.stockTotal) : undefined;
    default:
      return Number(draft[field]);
  }
}

function valueNow(product: Product, field: DraftField): Value {
  return field === "paymentWindowSeconds" ? (product.paymentWindowSeconds ?? 0) : product[field];
}

/** changesOf lists what saving a draft without faults would change; all that a new product has. */
export function changesOf(draft: Draft, product?: Product): Change[] {
  return fields
    .map((field) => ({
      field,
      before: product && valueNow(product, field),
      after: valueIn(draft, field, product),
    }))
    .filter(({ before, after }) => before !== after);
}

/** newProduct is what a draft without faults asks the service to register. */
export function newProduct(draft: Draft): NewProduct {
  return {
    productId: draft.productId.trim(),
    name: draft.name.trim(),
    stockTotal: draft.settled ? Number(draft.stockTotal) : undefined,
    perUserLimit: Number(draft.perUserLimit),
    startsAt: momentOfLocal(draft.startsAt),
    endsAt: momentOfLocal(draft.endsAt),
    paymentWindowSeconds: Number(draft.paymentWindowSeconds),
  };
}

/** changeOf is what the service is asked to change; a time that was taken away is null. */
export function changeOf(changes: readonly Change[]): ProductChange {
  const entries = changes
    .filter(({ field }) => field !== "productId")
    .map(({ field, after }) => [field, after ?? null]);
  return Object.fromEntries(entries) as ProductChange;
}
