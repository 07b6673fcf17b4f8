import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { can, expired, hasStart, session, signIn, signInAtStart, signOut, takeFragmentToken } from "./session";

const token = "aaa.bbb.ccc";
const asked: string[] = [];
let status = 200;

beforeEach(() => {
  asked.length = 0;
  status = 200;
  vi.stubGlobal("fetch", async (_: unknown, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("Authorization") ?? "");
    const said = { subject: "ann", role: "viewer", expiresAt: "2999-01-01T00:00:00Z", allowed: ["admin.read"] };
    const body = status === 200 ? said : { code: "UNAUTHORIZED", message: "no" };
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => {
  signOut();
  vi.unstubAllGlobals();
});

test("a token in the address is erased there before anything is asked", async () => {
  history.replaceState(null, "", `#token=${token}`);
  takeFragmentToken();
  expect(location.href).not.toContain("token");
  expect(asked).toEqual([]);
  expect(hasStart()).toBe(true);
  expect(await signInAtStart()).toBeUndefined();
  expect(asked).toEqual([`Bearer ${token}`]);
  expect(session.value?.subject).toBe("ann");
  expect(sessionStorage.length).toBe(0);
});

test("what is no token is not sent", async () => {
  expect(await signIn("nonsense", false)).toBe("malformed");
  expect(asked).toEqual([]);
});

test("a token is kept in the tab when that is wished for, until signing out", async () => {
  expect(await signIn(` Bearer ${token} `, true)).toBeUndefined();
  expect(Object.values({ ...sessionStorage })).toEqual([token]);
  expect(localStorage.getItem("seckill.token")).toBeNull();
  signOut();
  expect(sessionStorage.length).toBe(0);
  expect(session.value).toBeUndefined();
});

test("what may be done is what the service says", async () => {
  expect(can("admin.read")).toBe(false);
  await signIn(token, false);
  expect(can("admin.read")).toBe(true);
  expect(can("product.pause")).toBe(false);
});

test("a refusal signs nobody in, and keeps who was", async () => {
  status = 401;
  expect(await signIn(token, false)).toBe("refused");
  expect(session.value).toBeUndefined();
  status = 403;
  expect(await signIn(token, false)).toBe("tooSmall");
  status = 200;
  await signIn(token, false);
  expect(expired.value).toBe(false);
});
