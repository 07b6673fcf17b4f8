import { expect, test } from "vitest";
import { without } from "./lean.ts";

test("parts are taken out, and a part that is gone or there twice is noticed", () => {
  expect(without("a;b;c;", ["b;", "c;"])).toBe("a;");
  expect(() => without("a;", ["b;"])).toThrow("b;");
  expect(() => without("b;b;", ["b;"])).toThrow("b;");
});
