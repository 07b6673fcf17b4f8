import { describe, expect, it } from "vitest";
import type { Overview, Sample } from "../lib/types";
import Sales from "./sales";
import { act, flush, page, pageForEach, root } from "./testing";

pageForEach();

let second = 0;

const sale = (productId: number, extra: Partial<Sample> = {}) => ({
  ...{ productId, name: `sale ${productId}`, status: "ACTIVE", mode: "SETTLE", stockTotal: 100, stockLeft: 50 },
  ...{ alarms: [], missing: [] },
  ...extra,
});

async function say(products: ReturnType<typeof sale>[], extra: Partial<Overview> = {}) {
  second++;
  const at = new Date(Date.UTC(2026, 10, 26, 12, 0, second)).toISOString();
  const replicas = [{ name: "a", ready: true, version: "1" }];
  const overview = { at, replicas, missing: [], products: products.map((p) => ({ at, ...p })), ...extra };
  page.stream.event("sample", String(second), overview);
  await flush();
}

const open = (query: Record<string, string> = {}) => page.open(<Sales args={[]} query={query} />);
const cards = () => [...root.querySelectorAll<HTMLElement>(".sale-card")];
const names = () => cards().map((card) => card.querySelector("h2")?.textContent);
const point = (kind: string) => act(() => void root.querySelector(".grid")?.dispatchEvent(new Event(kind)));

describe("the cards of sales", () => {
  it("stay the same elements, whatever is said each second", async () => {
    await open();
    await say([sale(1), sale(2)]);
    const before = cards();
    await say([sale(1, { stockLeft: 12 }), sale(2, { alarms: ["SeckillBooksDrift"] })]);
    expect(cards().map((card, i) => card === before[i])).toEqual([true, true]);
    expect(before[1]?.textContent).toContain("12 of 100");
    expect(before[0]?.textContent).toContain("1 alarm");
  });

  it("stand in the order of their states, and move only once the pointer has left", async () => {
    await open();
    await say([sale(1), sale(2), sale(3)]);
    expect(names()).toEqual(["sale 3", "sale 2", "sale 1"]);
    await point("pointerenter");
    await say([sale(1), sale(2), sale(3, { status: "PAUSED" }), sale(4)]);
    expect(names()).toEqual(["sale 3", "sale 2", "sale 1", "sale 4"]);
    await point("pointerleave");
    await say([sale(1), sale(2), sale(3, { status: "PAUSED" }), sale(4)]);
    expect(names()).toEqual(["sale 4", "sale 2", "sale 1", "sale 3"]);
  });

  it("are those that the address asks for", async () => {
    const all = [sale(1), sale(2, { status: "PAUSED" }), sale(3, { alarms: ["SeckillGateClosed"] })];
    await open({ state: "paused" });
    await say(all);
    expect(names()).toEqual(["sale 2"]);
    await page.show(<Sales args={[]} query={{ state: "alarms" }} />);
    expect(names()).toEqual(["sale 3"]);
    await page.show(<Sales args={[]} query={{ q: "SALE 1" }} />);
    expect(names()).toEqual(["sale 1"]);
    await page.show(<Sales args={[]} query={{ q: "lamp" }} />);
    expect(root.textContent).toContain("No sale fits the filter");
  });

  it("name an ID beyond 2^53 as it is", async () => {
    await open();
    await say([]);
    const at = new Date(Date.UTC(2026, 10, 26, 12, 1)).toISOString();
    const big = `{"at":"${at}","missing":[],"products":[{"at":"${at}","productId":9007199254740993,"name":"","alarms":[],"missing":[]}]}`;
    page.stream.write(`event: sample\nid: 1\ndata: ${big}\n\n`);
    await flush();
    expect(cards()[0]?.querySelector("a")?.getAttribute("href")).toBe("#/sales/9007199254740993");
  });
});

describe("the sales that have ended", () => {
  it("are listed below, and no other", async () => {
    const common = { mode: "SETTLE", perUserLimit: 1, stockTotal: 9, stockLeft: 2 };
    const times = { createdAt: "2026-11-26T08:00:00Z", updatedAt: "2026-11-26T09:00:00Z" };
    page.lists["/products"] = [
      { productId: 5, name: "over", status: "ENDED", ...common, ...times },
      { productId: 6, name: "past", status: "ACTIVE", endsAt: "2026-11-26T10:00:00Z", ...common, ...times },
      { productId: 7, name: "on", status: "ACTIVE", ...common, ...times },
    ];
    await open();
    const rows = [...root.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/over.*9:00:00.*79$/);
    expect(rows[1]).toMatch(/past.*10:00:00/);
  });
});
