import { describe, expect, it } from "vitest";
import type { LetterFields } from "../lib/types";
import { addedField, changesOf, correctionOf, decode, draftOf, type FieldDraft, faultOf, recoded } from "./draft";

const fields: LetterFields = { zone: "cn", epoch: "3", uid: "4x2", ts: "1764194400", raw: { base64: "/wD+" } };
const edit = (name: string, change: Partial<FieldDraft>) =>
  draftOf(fields).map((field) => (field.name === name ? { ...field, ...change } : field));

describe("a correction", () => {
  it("begins with the fields that the service reads", () => {
    expect(draftOf(fields).map(({ name }) => name)).toEqual(["uid", "ts", "epoch", "raw", "zone"]);
  });
  it("changes nothing as long as nothing was changed", () => {
    expect(correctionOf(fields, draftOf(fields))).toEqual({});
  });
  it("names what was changed alone", () => {
    expect(correctionOf(fields, edit("uid", { text: "42" }))).toEqual({ uid: "42" });
  });
  it("keeps numbers beyond 2^53 as they were typed", () => {
    expect(correctionOf(fields, edit("uid", { text: "9007199254740993" }))).toEqual({ uid: "9007199254740993" });
  });
  it("removes a field by null, and one that was only added not at all", () => {
    expect(correctionOf(fields, edit("zone", { removed: true }))).toEqual({ zone: null });
    const draft = [...draftOf(fields), { ...addedField("rid", "1"), removed: true }];
    expect(correctionOf(fields, draft)).toEqual({});
  });
  it("adds a field, an empty one too", () => {
    expect(correctionOf(fields, [...draftOf(fields), { ...addedField("rid", "1"), text: "r-1" }])).toEqual({
      rid: "r-1",
    });
    expect(correctionOf(fields, [...draftOf(fields), addedField("rid", "1")])).toEqual({ rid: "" });
  });
  it("is of bytes where they are no text", () => {
    expect(correctionOf(fields, edit("raw", { text: "AAE=" }))).toEqual({ raw: { base64: "AAE=" } });
  });
  it("never touches the epoch", () => {
    expect(correctionOf(fields, edit("epoch", { text: "4" }))).toEqual({});
    expect(correctionOf(fields, edit("epoch", { removed: true }))).toEqual({});
  });
  it("takes a name that objects have of themselves for what it is", () => {
    expect(correctionOf({ uid: "1" }, [addedField("toString", "1")])).toEqual({ toString: "" });
  });
});

describe("bytes and texts", () => {
  it("are the same value in another form", () => {
    const [uid] = edit("uid", { text: "四2" }) as [FieldDraft];
    const encoded = recoded(uid, true);
    expect(encoded).toMatchObject({ text: "5ZubMg==", encoded: true });
    expect(recoded(encoded as FieldDraft, false)).toMatchObject({ text: "四2", encoded: false });
    expect(correctionOf({ uid: "四2" }, [encoded as FieldDraft])).toEqual({});
  });
  it("stay bytes when they are no text", () => {
    const raw = draftOf(fields).find(({ name }) => name === "raw") as FieldDraft;
    expect(recoded(raw, false)).toBeUndefined();
    expect(decode("AA==")).toBeUndefined();
    expect(decode("?")).toBeUndefined();
  });
  it("keep the control characters of a text", () => {
    const held: LetterFields = { note: "a\nb" };
    expect(draftOf(held)[0]).toMatchObject({ text: "YQpi", encoded: true });
    expect(correctionOf(held, draftOf(held))).toEqual({});
  });
  it("keep a byte order mark", () => {
    expect(decode("77u/eA==")).toBe("\ufeffx");
  });
});

describe("what is wrong with a field", () => {
  const fault = (field: FieldDraft) => faultOf(field, [...draftOf(fields), field]);
  it("is base64 that is none", () => {
    expect(faultOf({ ...(draftOf(fields)[3] as FieldDraft), text: "/w" + "?" }, [])).toBe("notBase64");
  });
  it("is a name that is missing, taken, or not to be given", () => {
    expect(fault(addedField("", "1"))).toBe("noName");
    expect(fault(addedField("uid", "1"))).toBe("twice");
    expect(fault(addedField("epoch", "1"))).toBe("fixed");
    expect(fault(addedField("rid", "1"))).toBeUndefined();
  });
  it("is nothing once it is removed", () => {
    expect(fault({ ...addedField("", "1"), removed: true })).toBeUndefined();
  });
});

describe("what an act has changed", () => {
  it("is what was there before and after", () => {
    expect(
      changesOf({ uid: "x", ts: "1", raw: { base64: "/w==" } }, { uid: "7", rid: "r", raw: { base64: "/w==" } }),
    ).toEqual([
      { name: "rid", before: undefined, after: "r" },
      { name: "ts", before: "1", after: undefined },
      { name: "uid", before: "x", after: "7" },
    ]);
    expect(changesOf(undefined, undefined)).toEqual([]);
  });
});
