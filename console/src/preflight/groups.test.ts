import { expect, it } from "vitest";
import type { Check, CheckArea, CheckLevel } from "../lib/types";
import { countsOf, groupsOf } from "./groups";

function check(code: string, area: CheckArea, level: CheckLevel): Check {
  return { code, area, level, name: code, observed: "", expected: "", impact: "", runbook: code, message: "" };
}

const checks = [
  check("PRODUCT_EXISTS", "product", "ok"),
  check("REDIS_ANSWERS", "redis", "fail"),
  check("REDIS_LATENCY", "redis", "skipped"),
  check("REDIS_RETENTION", "redis", "ok"),
  check("SERVICE_CLOCKS", "service", "warn"),
];

const codes = (problems: boolean) =>
  groupsOf(checks, problems).map(({ area, checks }) => `${area}: ${checks.map(({ code }) => code).join(" ")}`);

it("puts checks into areas, each area in the order of the service", () => {
  expect(codes(false)).toEqual([
    "redis: REDIS_ANSWERS REDIS_LATENCY REDIS_RETENTION",
    "service: SERVICE_CLOCKS",
    "product: PRODUCT_EXISTS",
  ]);
});

it("leaves out what is well, and still counts it", () => {
  expect(codes(true)).toEqual(["redis: REDIS_ANSWERS REDIS_LATENCY", "service: SERVICE_CLOCKS"]);
  expect(groupsOf(checks, true)[0]?.counts).toEqual({ fail: 1, warn: 0, skipped: 1, ok: 1 });
});

it("counts by level", () => {
  expect(countsOf(checks)).toEqual({ fail: 1, warn: 1, skipped: 1, ok: 2 });
});
