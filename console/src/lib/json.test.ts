import { describe, expect, it } from "vitest";
import { parse, stringify } from "./json";

describe("parse", () => {
  it("keeps an ID beyond 2^53", () => {
    expect(parse('{"productId":9007199254740993}')).toEqual({ productId: "9007199254740993" });
  });

  it("gives every ID as text, however small, and lists of them", () => {
    expect(parse('{"id":7,"userId":1001,"sampleIds":[1,9223372036854775807],"stockLeft":7}')).toEqual({
      id: "7",
      userId: "1001",
      sampleIds: ["1", "9223372036854775807"],
      stockLeft: 7,
    });
  });

  it("leaves an ID that is text already, and one that is null", () => {
    expect(parse('{"streamId":"1732-0","id":null}')).toEqual({ streamId: "1732-0", id: null });
  });

  it("gives another integer beyond 2^53 as a bigint", () => {
    expect(parse("[9007199254740993,-9007199254740993,9007199254740991]")).toEqual([
      9007199254740993n,
      -9007199254740993n,
      9007199254740991,
    ]);
  });

  it("leaves digits inside texts and keys alone", () => {
    const text = '{"9007199254740993":"9007199254740993","a\\"9007199254740993":1}';
    expect(parse(text)).toEqual({ "9007199254740993": "9007199254740993", 'a"9007199254740993': 1 });
  });

  it("takes no text for a number, whatever it begins with", () => {
    const texts = ["#n1", "#s#n1", "#", "\u0023n1", "\n#n1", "\\#n1", '"#n1'];
    expect(parse(`[9007199254740993,${texts.map((t) => JSON.stringify(t)).join(",")},"\\u0023n9"]`)).toEqual([
      9007199254740993n,
      ...texts,
      "#n9",
    ]);
  });

  it("leaves fractions and powers to the number that they are", () => {
    expect(parse("[0.1234567890123456,1.5e300,1e16]")).toEqual([0.1234567890123456, 1.5e300, 1e16]);
  });

  it("refuses what is no JSON", () => {
    expect(() => parse("<html>1234567890123456</html>")).toThrow(SyntaxError);
    expect(() => parse("")).toThrow(SyntaxError);
  });
});

describe("stringify", () => {
  it("writes back what parse has read", () => {
    const text = '{"stockLeft":9007199254740993,"list":[-9007199254740993,1.5],"#n":"#n9007199254740993","s":"##s"}';
    expect(stringify(parse(text))).toBe(text);
  });

  it("leaves out what is undefined", () => {
    expect(stringify({ a: undefined, b: null })).toBe('{"b":null}');
  });

  it("indents", () => {
    expect(stringify({ a: 1n }, 2)).toBe('{\n  "a": 1\n}');
  });
});
