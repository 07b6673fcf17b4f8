import { describe, expect, it } from "vitest";
import { localOf, momentOfLocal } from "./local_time";

describe("a moment in a field of date and time", () => {
  it("comes back as it was, to the second", () => {
    for (const moment of ["2026-01-17T10:03:09.000Z", "2026-07-01T23:59:59.000Z"]) {
      expect(momentOfLocal(localOf(moment))).toBe(moment);
    }
  });
  it("is empty when there is none", () => {
    expect(localOf(undefined)).toBe("");
    expect(localOf("yesterday")).toBe("");
    expect(momentOfLocal("")).toBeUndefined();
    expect(momentOfLocal("2026-13-01T00:00")).toBeUndefined();
  });
});
