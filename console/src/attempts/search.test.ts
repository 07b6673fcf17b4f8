import { describe, expect, it } from "vitest";
import { arrivalOf, searchOf } from "./search";

describe("what is searched for", () => {
  it("is all attempts when nothing is given", () => {
    expect(searchOf(" ", "")).toEqual({ logs: {} });
    expect(searchOf("", "order")).toEqual({});
  });
  it("is a user's and an order's when it is a number, without loss", () => {
    expect(searchOf(" 9007199254740993 ", "")).toEqual({
      logs: { userId: "9007199254740993" },
      orderId: "9007199254740993",
    });
  });
  it("is an entry's when it is two numbers with a dash between", () => {
    expect(searchOf("1764194400000-18446744073709551615", "")).toEqual({
      logs: { streamId: "1764194400000-18446744073709551615" },
    });
  });
  it("is a request's otherwise, which takes a time", () => {
    for (const text of ["6f1c2c1e-8a0b", "0", "1-2-3", "-1", "99999999999999999999"]) {
      expect(searchOf(text, "")).toEqual({ logs: { requestId: text }, bounded: true });
    }
  });
  it("is what the user says", () => {
    expect(searchOf("42", "request")).toEqual({ logs: { requestId: "42" }, bounded: true });
    expect(searchOf("42", "order")).toEqual({ orderId: "42" });
    expect(searchOf("42", "user")).toEqual({ logs: { userId: "42" } });
    expect(searchOf("42", "stream")).toEqual({ logs: { streamId: "42" } });
  });
});

describe("the arrival of an entry", () => {
  it("is in its ID", () => {
    expect(arrivalOf("1764194400123-7")).toBe(1764194400123);
  });
  it("is not known of what is no time", () => {
    for (const id of ["0-1", "18446744073709551615-0", "x", "1764194400123"]) expect(arrivalOf(id)).toBeUndefined();
  });
});
