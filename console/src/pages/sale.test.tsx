import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { live } from "../lib/api";
import { signIn, signOut } from "../lib/session";
import { type Asked, answer, FakeStream, fakeService } from "../lib/testing";
import type { Sample } from "../lib/types";
import Sale from "./sale";

// It draws on a canvas, which happy-dom does not have.
vi.mock("uplot", () => {
  class Plot {
    static paths = { stepped: () => undefined };
    static sync = () => ({ key: "charts" });
    setData() {}
    setSize() {}
    destroy() {}
  }
  return { default: Plot };
});

const all = ["product.pause", "product.resume", "product.stock", "product.end"];
const root = document.createElement("div");

let stream: FakeStream;
let asked: Asked[];
let posted: () => Response;
let second = 0;

function service(allowed: string[]) {
  const fake = fakeService((call) => {
    const { pathname } = new URL(call.url);
    if (call.method === "POST") return posted();
    if (pathname.endsWith("/session")) {
      return answer(200, { subject: "ann", role: "viewer", expiresAt: "2027-01-01T00:00:00Z", allowed });
    }
    if (pathname.endsWith("/live")) {
      stream = new FakeStream();
      return stream.response;
    }
    return answer(200, { items: [], nextCursor: "" });
  });
  asked = fake.asked;
  vi.stubGlobal("fetch", fake.fetch);
}

const flush = () => act(async () => void (await vi.advanceTimersByTimeAsync(0)));

async function leave() {
  await act(() => render(null, root));
  await flush();
}

async function say(extra: Partial<Sample> = {}) {
  second++;
  const at = new Date(Date.UTC(2026, 10, 26, 12, 0, second)).toISOString();
  const sample = {
    at,
    productId: 2001,
    name: "lamp",
    status: "ACTIVE",
    mode: "SETTLE",
    stockTotal: 500,
    stockLeft: 400,
    perUserLimit: 1,
    gate: "open",
    alarms: [],
    missing: [],
  };
  stream.event("sample", String(second), { ...sample, ...extra });
  await flush();
}

async function open(allowed = all) {
  service(allowed);
  await signIn("a.b.c", false);
  await act(() => render(<Sale args={["2001"]} query={{}} />, root));
  await flush();
}

const buttons = () => [...root.querySelectorAll<HTMLButtonElement>(".actions > button")];
const button = (name: string) => buttons().find((b) => b.textContent?.startsWith(name)) as HTMLButtonElement;
const dialog = () => root.querySelector("dialog");
const disabled = () => buttons().map((b) => b.getAttribute("aria-disabled") === "true");
const posts = () =>
  asked.filter((call) => call.method === "POST").map((call) => [new URL(call.url).pathname, call.body]);

async function type(field: HTMLInputElement | null | undefined, value: string) {
  if (!field) throw new Error("no such field");
  field.value = value;
  await act(() => void field.dispatchEvent(new Event("input", { bubbles: true })));
}

async function submit() {
  const form = root.querySelector("dialog form");
  await act(() => void form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  await flush();
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 26, 12) });
  document.body.append(root);
  posted = () => answer(200, {});
});
afterEach(async () => {
  await leave();
  signOut();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("what can be done to a sale", () => {
  it("stays in its place, whatever is said each second and even when the state changes", async () => {
    await open();
    await say();
    const before = buttons();
    expect(before).toHaveLength(4);
    for (let n = 0; n < 5; n++) await say({ stockLeft: 400 - n });
    await say({ status: "PAUSED" });
    expect(buttons().map((b, i) => b === before[i])).toEqual([true, true, true, true]);
    expect(root.textContent).toContain("Paused");
  });

  it("keeps a dialog, and what was typed into it, while samples come", async () => {
    await open();
    await say();
    await act(() => button("End").click());
    const field = dialog()?.querySelector("input");
    await type(field, "20");
    await say({ stockLeft: 1 });
    await say({ status: "PAUSED" });
    expect(dialog()?.querySelector("input")).toBe(field);
    expect(field?.value).toBe("20");
  });

  it("is disabled with the reason as the sale stands", async () => {
    await open();
    expect(disabled()).toEqual([true, true, true, true]);
    await say();
    expect(disabled()).toEqual([false, true, false, false]);
    await say({ status: "PAUSED" });
    expect(disabled()).toEqual([true, false, false, false]);
    await say({ status: "ENDED" });
    expect(button("Pause").querySelector(".reason")?.textContent).toBe("The sale has ended for good.");
  });

  it("is disabled with the reason when the service does not allow it, and asks nothing", async () => {
    await open(["product.pause"]);
    await say();
    expect(disabled()).toEqual([false, true, true, true]);
    await act(() => button("End").click());
    expect(dialog()).toBeNull();
  });

  it("pauses after one question", async () => {
    await open();
    await say();
    await act(() => button("Pause").click());
    expect(posts()).toEqual([]);
    await submit();
    expect(posts()).toEqual([["/admin/v1/products/2001/pause", undefined]]);
    expect(dialog()).toBeNull();
  });

  it("ends only once the product's number is typed", async () => {
    await open();
    await say();
    await act(() => button("End").click());
    await submit();
    await type(dialog()?.querySelector("input"), "200");
    await submit();
    expect(posts()).toEqual([]);
    await type(dialog()?.querySelector("input"), "2001");
    await submit();
    expect(posts()).toEqual([["/admin/v1/products/2001/end", undefined]]);
  });

  it("adds stock with a reason, and withdraws it only once the number is typed", async () => {
    await open();
    await say();
    await act(() => button("Stock").click());
    const fields = () => [...(dialog()?.querySelectorAll<HTMLInputElement>("input:not([type=radio])") ?? [])];
    await type(fields()[0], "25");
    await submit();
    expect(posts()).toEqual([]);
    await type(fields()[1], "second delivery");
    const radios = dialog()?.querySelectorAll<HTMLInputElement>("[type=radio]");
    await act(() => radios?.[1]?.click());
    await submit();
    expect(posts()).toEqual([]);
    await type(fields()[2], "2001");
    await submit();
    expect(posts()).toEqual([["/admin/v1/products/2001/stock", '{"delta":-25,"note":"second delivery"}']]);
  });

  it("says that it is not known whether it was done, and does it not again by itself", async () => {
    posted = () => answer(503, { code: "UNAVAILABLE", message: "postgres is away" });
    await open();
    await say();
    await act(() => button("Pause").click());
    await submit();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(posts()).toHaveLength(1);
    expect(dialog()?.querySelector("[role=alert]")?.textContent).toBe(
      "postgres is away (UNAVAILABLE) Whether it was done is not known: look before you try again.",
    );
  });
});

describe("what is said of a sale", () => {
  it("is grey, and says as of when, after 3 s without a word", async () => {
    await open();
    await say({ stockLeft: 321 });
    expect(root.querySelector(".stats.stale")).toBeNull();
    await act(() => void vi.advanceTimersByTime(3_100));
    expect(root.querySelector(".stats.stale")?.textContent).toContain("321");
    expect(root.querySelector(".as-of")?.textContent).toMatch(/^as of \d/);
    await say();
    expect(root.querySelector(".stats.stale")).toBeNull();
    expect(root.querySelector(".as-of")).toBeNull();
  });

  it("leaves out what could not be looked at, and names the server", async () => {
    await open();
    await say({ redisLeft: 77 });
    expect(root.querySelector(".stats")?.textContent).toContain("77");
    await say({ missing: ["redis"], gate: undefined });
    expect(root.querySelector(".stats")?.textContent).not.toContain("77");
    expect(root.textContent).toContain("Redis cannot be looked at");
  });

  it("has its alarms, each with its runbook", async () => {
    await open();
    await say({ alarms: ["SeckillBooksDrift"] });
    expect(root.querySelector(".notice a")?.getAttribute("href")).toBe("#/runbooks/SeckillBooksDrift");
  });

  it("ends with the page: nobody listens afterwards", async () => {
    await open();
    await say();
    await leave();
    expect(stream.cancelled).toBe(true);
    expect(live.product("2001").latest.value).toBeUndefined();
  });

  it("asks its own token again once somebody has signed in anew", async () => {
    await open();
    await say();
    const first = stream;
    await signIn("d.e.f", false);
    await flush();
    expect(stream).not.toBe(first);
    expect(first.cancelled).toBe(true);
    const streams = asked.filter((call) => call.url.endsWith("/live"));
    expect(streams.map((call) => call.headers.get("Authorization"))).toEqual(["Bearer a.b.c", "Bearer d.e.f"]);
  });
});
