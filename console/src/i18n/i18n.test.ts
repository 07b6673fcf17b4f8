import { expect, test } from "vitest";
import { firstLang } from ".";
import en from "./en";
import zh from "./zh";

type Section = { readonly [key: string]: unknown };

/** leaves are the texts of a section with their paths; a function of values is called with numbers as text. */
function leaves(section: Section, path = ""): [path: string, text: unknown][] {
  return Object.entries(section).flatMap(([key, value]) => {
    const at = `${path}.${key}`;
    if (typeof value === "object" && value !== null) return leaves(value as Section, at);
    return [[at, typeof value === "function" ? value(...Array(value.length).fill("7")) : value]];
  });
}

test("both languages have the same texts, and none is empty", () => {
  const english = leaves(en);
  const chinese = leaves(zh);
  expect(chinese.map(([path]) => path).sort()).toEqual(english.map(([path]) => path).sort());
  for (const [path, text] of [...english, ...chinese]) {
    expect(typeof text === "string" && text.trim(), path).toBeTruthy();
  }
});

test("what a text is given is in it, in both languages", () => {
  expect(en.common.asOf("12:03:04")).toContain("12:03:04");
  expect(zh.common.asOf("12:03:04")).toContain("12:03:04");
});

test("sentences are translated", () => {
  const english = new Map(leaves(en));
  const same = leaves(zh).filter(
    ([path, text]) => english.get(path) === text && /[a-z]+ [a-z]+ [a-z]+/.test(String(text)),
  );
  expect(same).toEqual([]);
});

test("the language is the chosen one, else the first that the browser prefers and there is", () => {
  expect(firstLang("zh", ["en-GB"])).toBe("zh");
  expect(firstLang(undefined, ["fr", "zh-TW", "en"])).toBe("zh");
  expect(firstLang("xx", ["fr"])).toBe("en");
  expect(firstLang(undefined, [])).toBe("en");
});
