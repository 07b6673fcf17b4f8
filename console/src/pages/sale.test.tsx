import { describe, expect, it, vi } from "vitest";
import { live } from "../lib/api";
import { signIn } from "../lib/session";
import { answer } from "../lib/testing";
import type { Sample } from "../lib/types";
import Sale from "./sale";
import { act, flush, page, pageForEach, root } from "./testing";

// It draws on a canvas, which happy-dom does not have.
vi.mock("uplot", () => {
  class Plot {
    static readonly paths = { stepped: () => undefined };
    static readonly sync = () => ({ key: "charts" });
    setData() {}
    setSize() {}
    destroy() {}
  }
  return { default: Plot };
});

pageForEach();

let second = 0;

function sample(extra: Partial<Sample> = {}) {
  second++;
  const at = new Date(Date.UTC(2026, 10, 26, 12, 0, second)).toISOString();
  const lamp = { productId: 2001, name: "lamp", status: "ACTIVE", mode: "SETTLE", perUserLimit: 1, gate: "open" };
  return { at, ...lamp, stockTotal: 500, stockLeft: 400, alarms: [], missing: [], ...extra };
}

async function say(extra: Partial<Sample> = {}) {
  const said = sample(extra);
  page.stream.event("sample", String(Date.parse(said.at)), said);
  await flush();
}

const open = (allowed?: string[]) => page.open(<Sale args={["2001"]} query={{}} />, allowed);

const buttons = () => [...root.querySelectorAll<HTMLButtonElement>(".actions > button")];
const button = (name: string) => buttons().find((b) => b.textContent?.startsWith(name)) as HTMLButtonElement;
const dialog = () => root.querySelector("dialog");
const disabled = () => buttons().map((b) => b.getAttribute("aria-disabled") === "true");
const posts = () =>
  page.asked.filter((call) => call.method === "POST").map((call) => [new URL(call.url).pathname, call.body]);

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

  it("pauses after one question, and has the focus again", async () => {
    await open();
    await say();
    button("Pause").focus();
    await act(() => button("Pause").click());
    expect(posts()).toEqual([]);
    await submit();
    expect(document.activeElement).toBe(button("Pause"));
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
    page.posted = () => answer(503, { code: "UNAVAILABLE", message: "postgres is away" });
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

describe("what was done to a sale", () => {
  const row = (action: string, detail: object) => ({
    ...{ id: action, actor: "bob", action, target: "product:2001", detail },
    createdAt: "2026-11-26T11:59:00Z",
  });
  const audits = () => page.asked.filter((call) => new URL(call.url).pathname.endsWith("/audit"));

  it("is asked of the audit once, and again at once when the sale has changed", async () => {
    page.lists["/audit"] = [row("product.pause", {})];
    await open();
    await say();
    await say();
    expect(audits().map((call) => new URL(call.url).search)).toEqual(["?target=product%3A2001&limit=50"]);
    expect(root.querySelector(".mark-list")?.textContent).toContain("Pausedbob");
    page.lists["/audit"] = [row("product.stock", { delta: 20, note: "more" })];
    await say({ stockTotal: 520 });
    await flush();
    expect(audits()).toHaveLength(2);
    expect(root.querySelector(".mark-list")?.textContent).toContain("+20 units · bob");
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

  it("is drawn, with the present values as words and a dozen moments as a table", async () => {
    await open();
    const seconds = [{ at: Date.UTC(2026, 10, 26, 12) / 1000, attempts: { admitted: 7, sold_out: 5 }, results: {} }];
    page.stream.event("history", "1", { seconds, samples: [sample({ stockLeft: 450 })] });
    await say({ stockLeft: 444 });
    const figures = [...root.querySelectorAll("figure")];
    expect(figures).toHaveLength(5);
    expect(figures[0]?.querySelector("figcaption")?.textContent).toContain("Left in PostgreSQL444");
    expect(figures[0]?.querySelectorAll("tbody tr")).toHaveLength(1);
    expect(figures[0]?.querySelector("tbody tr")?.textContent).toContain("450");
    expect(figures[1]?.querySelector("figcaption")?.textContent).toMatch(/Admitted7.*Sold out5/);
  });

  it("has its alarms, each with its runbook", async () => {
    await open();
    await say({ alarms: ["SeckillBooksDrift"] });
    expect(root.querySelector(".notice a")?.getAttribute("href")).toBe("#/runbooks/SeckillBooksDrift");
  });

  it("ends with the page: nobody listens afterwards", async () => {
    await open();
    await say();
    await page.leave();
    expect(page.stream.cancelled).toBe(true);
    expect(live.product("2001").latest.value).toBeUndefined();
  });

  it("asks its own token again once somebody has signed in anew", async () => {
    await open();
    await say();
    const first = page.stream;
    await signIn("d.e.f", false);
    await flush();
    expect(page.stream).not.toBe(first);
    expect(first.cancelled).toBe(true);
    const streams = page.asked.filter((call) => call.url.endsWith("/live"));
    expect(streams.map((call) => call.headers.get("Authorization"))).toEqual(["Bearer a.b.c", "Bearer d.e.f"]);
  });
});
