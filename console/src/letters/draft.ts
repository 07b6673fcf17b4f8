// The fields of a dead letter while they are corrected.

import type { LetterCorrection, LetterField, LetterFields } from "../lib/types";

/** epoch says under which epoch the gate took a unit: the service lets nobody change it. */
export const fixedField = "epoch";

/** FieldDraft is a field as it stands in the form. */
export interface FieldDraft {
  /** key names the row, whatever becomes of its name. */
  key: string;
  name: string;
  /** text is the value; in base64 if encoded is true. */
  text: string;
  /** encoded says that the value is bytes in base64. */
  encoded: boolean;
  removed: boolean;
  /** added says that the letter does not have the field: its name can be changed. */
  added: boolean;
}

const order = ["uid", "ts", "rid", "tp", fixedField];

/** draftOf begins a correction: the fields that the service reads come first. */
export function draftOf(fields: LetterFields): FieldDraft[] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.entries(fields)
    .sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
    .map(([name, value]) => ({ key: `=${name}`, name, ...editable(value), removed: false, added: false }));
}

/** added is a row for a field that the letter does not have. */
export function addedField(name: string, key: string): FieldDraft {
  return { key: `+${key}`, name, text: "", encoded: false, removed: false, added: true };
}

// A field of one line would lose the control characters of a text: they are corrected as bytes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f]/;

function editable(value: LetterField): Pick<FieldDraft, "text" | "encoded"> {
  if (typeof value !== "string") return { text: value.base64, encoded: true };
  return control.test(value) ? { text: encode(value), encoded: true } : { text: value, encoded: false };
}

function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64.trim()), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** decode reads base64 as a text; undefined for what is none, or does not go into a field of one line. */
export function decode(base64: string): string | undefined {
  const bytes = bytesOf(base64);
  try {
    const text = bytes && new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text === undefined || control.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** recoded is a field as bytes or as a text; undefined when its bytes are no text. */
export function recoded(field: FieldDraft, encoded: boolean): FieldDraft | undefined {
  if (field.encoded === encoded) return field;
  const text = encoded ? encode(field.text) : decode(field.text);
  return text === undefined ? undefined : { ...field, text, encoded };
}

/** FieldFault is what is wrong with a field of the form. */
export type FieldFault = "notBase64" | "noName" | "twice" | "fixed";

/** faultOf is what is wrong with a field; what the service thinks of its value, the preview says. */
export function faultOf(field: FieldDraft, all: readonly FieldDraft[]): FieldFault | undefined {
  if (field.removed) return undefined;
  if (field.added) {
    if (field.name === "") return "noName";
    if (field.name === fixedField) return "fixed";
    if (all.some((other) => other !== field && other.name === field.name)) return "twice";
  }
  return field.encoded && bytesOf(field.text) === undefined ? "notBase64" : undefined;
}

/** correctionOf is what a draft changes of the fields, in the form of the service. */
export function correctionOf(fields: LetterFields, draft: readonly FieldDraft[]): LetterCorrection {
  const changes: LetterCorrection = {};
  for (const field of draft) {
    if (field.name === fixedField) continue;
    const before = Object.hasOwn(fields, field.name) ? fields[field.name] : undefined;
    if (field.removed) {
      if (before !== undefined) changes[field.name] = null;
    } else if (before === undefined || !same(before, field)) {
      changes[field.name] = field.encoded ? { base64: field.text.trim() } : field.text;
    }
  }
  return changes;
}

function same(before: LetterField, { text, encoded }: FieldDraft): boolean {
  const was = editable(before);
  return was.encoded === encoded
    ? was.text === text.trim() || was.text === text
    : (encoded ? decode(text) : text) === before;
}

/** FieldChange is what an act has done to one field. */
export interface FieldChange {
  name: string;
  before: LetterField | undefined;
  after: LetterField | undefined;
}

/** changesOf compares fields before and after an act, by name. */
export function changesOf(before: LetterFields = {}, after: LetterFields = {}): FieldChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .map((name) => ({ name, before: before[name], after: after[name] }))
    .filter((change) => textOf(change.before) !== textOf(change.after));
}

/** textOf writes the value of a field; undefined for what is not there. */
export function textOf(value: LetterField | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === "string" ? JSON.stringify(value).slice(1, -1) : `base64:${value.base64}`;
}
