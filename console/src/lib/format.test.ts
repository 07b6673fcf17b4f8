import { afterEach, expect, test } from "vitest";
import { lang } from "../i18n";
import { ago, clock, dash, duration, number, percent, plural } from "./format";

afterEach(() => {
  lang.value = "en";
});

test("durations have the one or two units that matter", () => {
  lang.value = "en";
  for (const [ms, text] of [
    [0, "0ms"],
    [999, "999ms"],
    [1200, "1.2s"],
    [60_000, "1m"],
    [200_000, "3m 20s"],
    [7_200_000, "2h"],
    [187_200_000, "2d 4h"],
    [undefined, dash],
  ] as const) {
    expect(duration(ms)).toBe(text);
  }
});

test("a countdown goes up to the next second, and never below nothing", () => {
  lang.value = "en";
  expect(clock(1)).toBe("00:00:01");
  expect(clock(3_723_000)).toBe("01:02:03");
  expect(clock(90_000_000)).toBe("1d 01:00:00");
  expect(clock(-5)).toBe("00:00:00");
});

test("numbers are those of the language, whatever their size", () => {
  lang.value = "en";
  expect(number(1234567)).toBe("1,234,567");
  expect(number(9007199254740993n)).toBe("9,007,199,254,740,993");
  expect(number(undefined)).toBe(dash);
  expect(percent(0.123)).toBe("12.3%");
  expect(plural(1, { one: "1 unit", other: "more" })).toBe("1 unit");
  expect(plural(2, { one: "1 unit", other: "more" })).toBe("more");
  expect(ago(0, 180_000)).toBe("3 minutes ago");
  lang.value = "zh";
  expect(ago(0, 180_000)).toBe("3分钟前");
  expect(plural(1, { one: "one", other: "other" })).toBe("other");
});
