// JSON without loss. A product's number may be any positive int64, and JSON.parse turns
// 9007199254740993 into 9007199254740992: somebody else's product.

/** A number that names a thing (product, user, order, letter), as its digits. */
export type Id = string;

/** What a JSON text can hold; an integer that a number cannot hold is a bigint. */
export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };

// Under these names stands an ID, or a list of them.
const idName = /^(?:id|.*Ids?)$/;

// Fewer digits in a row cannot be an integer beyond 2^53.
const longNumber = /\d{16}/;

// A string (with the colon that makes it a key) or a number.
const token = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Reads a JSON text. IDs become strings of their digits, other integers beyond 2^53
 * become bigints; all else is as JSON.parse has it. Throws a SyntaxError.
 */
export function parse<T = Json>(text: string): T {
  if (!longNumber.test(text)) {
    return JSON.parse(text, ids) as T;
  }
  return JSON.parse(text.replace(token, mark), (key, value) => ids(key, unmark(value))) as T;
}

/** Writes what parse has read: a bigint as a bare integer, what is undefined not at all. */
export function stringify(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_, v) => (typeof v === "bigint" ? `#n${v}` : typeof v === "string" ? guard(v) : v),
    indent,
  );
  return text.replace(token, bare);
}

function ids(name: string, value: unknown): unknown {
  if (!idName.test(name)) {
    return value;
  }
  return Array.isArray(value) ? value.map(digits) : digits(value);
}

function digits(value: unknown): unknown {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : value;
}

// JSON.parse is given "#n123" for an integer that it would lose; and lest a text that is
// "#n123" be taken for one, a text that begins with # (as such or escaped) with #s before it.
function mark(found: string, colon: string | undefined): string {
  if (colon !== undefined) {
    return found;
  }
  if (found.startsWith('"')) {
    return found[1] === "#" || found[1] === "\\" ? `"#s${found.slice(1)}` : found;
  }
  return /^-?\d{16,}$/.test(found) && !Number.isSafeInteger(Number(found)) ? `"#n${found}"` : found;
}

function unmark(value: unknown): unknown {
  if (typeof value !== "string" || value[0] !== "#") {
    return value;
  }
  return value[1] === "n" ? BigInt(value.slice(2)) : value.slice(2);
}

function guard(text: string): string {
  return text[0] === "#" ? `#s${text}` : text;
}

// The way back: what was marked for JSON.stringify becomes bare.
function bare(found: string, colon: string | undefined): string {
  if (colon !== undefined || !found.startsWith('"#')) {
    return found;
  }
  return found[2] === "n" ? found.slice(3, -1) : `"${found.slice(3)}`;
}
