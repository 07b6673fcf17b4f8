// The detail of an audit row, as what it changed and what it says besides.

import type { Json } from "../lib/types";

/** Changed is a field with what it was and what it became; undefined where it was not there. */
export interface Changed {
  name: string;
  before: Json | undefined;
  after: Json | undefined;
}

/** Detail is what a row says. */
export interface Detail {
  changes: Changed[];
  facts: { name: string; value: Json }[];
}

type Fields = { readonly [name: string]: Json };

/**
 * detailOf reads a row's detail. "before" and "after" with fields in them become the fields that differ;
 * with one of the two alone, all of its fields. What else is said are facts.
 */
export function detailOf(detail: Fields): Detail {
  const before = fieldsOf(detail.before);
  const after = fieldsOf(detail.after);
  const used = new Set([before && "before", after && "after"]);
  return {
    changes: before || after ? changesOf(before, after) : [],
    facts: Object.entries(detail)
      .filter(([name]) => !used.has(name))
      .map(([name, value]) => ({ name, value })),
  };
}

function fieldsOf(value: Json | undefined): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

function changesOf(before: Fields = {}, after: Fields = {}): Changed[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => ({ name, before: before[name], after: after[name] }))
    .filter(({ before, after }) => !same(before, after));
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || text(a) === text(b);
}

// A bigint has no JSON: its digits stand for it.
function text(value: Json | undefined): string {
  return JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}n` : v)) ?? "";
}

/** targetParts takes a target apart: product:2001 into what it is and its ID. */
export function targetParts(target: string): { kind: string; id: string } | undefined {
  const match = /^([a-z_]+):(\d+)$/.exec(target);
  return match?.[1] && match[2] ? { kind: match[1], id: match[2] } : undefined;
}
