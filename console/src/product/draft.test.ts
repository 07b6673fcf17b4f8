import { describe, expect, it } from "vitest";
import { localOf } from "../lib/local_time";
import type { Product } from "../lib/types";
import { changeOf, changesOf, type Draft, draftOf, faultsOf, newProduct } from "./draft";

const product: Product = {
  productId: "9007199254740993",
  name: "Lamp",
  status: "ACTIVE",
  mode: "SETTLE",
  stockTotal: 500,
  stockLeft: 120,
  perUserLimit: 1,
  startsAt: "2026-11-27T10:00:00.123456Z",
  endsAt: "2026-11-27T12:00:00.000000Z",
  paymentWindowSeconds: 900,
  createdAt: "2026-11-01T00:00:00.000000Z",
  updatedAt: "2026-11-01T00:00:00.000000Z",
};

const fresh: Draft = { ...draftOf(), productId: "2001", name: "Lamp", stockTotal: "500" };

describe("changes of a product", () => {
  it("are none when nothing was touched, whatever a moment's microseconds", () => {
    expect(changesOf(draftOf(product), product)).toEqual([]);
  });

  it("are the fields that differ, and nothing else is sent", () => {
    const draft = { ...draftOf(product), name: " Lamp, blue ", perUserLimit: "0", endsAt: "" };
    const changes = changesOf(draft, product);
    expect(changes).toEqual([
      { field: "name", before: "Lamp", after: "Lamp, blue" },
      { field: "perUserLimit", before: 1, after: 0 },
      { field: "endsAt", before: product.endsAt, after: undefined },
    ]);
    expect(changeOf(changes)).toEqual({ name: "Lamp, blue", perUserLimit: 0, endsAt: null });
  });

  it("send a moment of the viewer's zone in UTC", () => {
    const draft = { ...draftOf(product), startsAt: localOf("2026-11-27T09:30:00Z") };
    expect(changeOf(changesOf(draft, product))).toEqual({ startsAt: "2026-11-27T09:30:00.000Z" });
  });

  it("turn a record-only product into a settled one by its stock", () => {
    const recorded: Product = { ...product, mode: "RECORD", stockTotal: undefined, stockLeft: undefined };
    expect(changesOf(draftOf(recorded), recorded)).toEqual([]);
    const draft = { ...draftOf(recorded), settled: true, stockTotal: "0" };
    expect(changeOf(changesOf(draft, recorded))).toEqual({ stockTotal: 0 });
  });

  it("of a new product are all that it has", () => {
    expect(changesOf(fresh).map(({ field, after }) => [field, after])).toEqual([
      ["productId", "2001"],
      ["name", "Lamp"],
      ["stockTotal", 500],
      ["perUserLimit", 1],
      ["paymentWindowSeconds", 900],
    ]);
  });
});

describe("a new product", () => {
  it("keeps an ID that no number holds", () => {
    expect(newProduct({ ...fresh, productId: " 9007199254740993 " }).productId).toBe("9007199254740993");
  });

  it("has no stock when it is record-only", () => {
    expect(newProduct({ ...fresh, settled: false })).not.toHaveProperty("stockTotal", 500);
  });
});

describe("faults", () => {
  it("are none of a product as it is, nor of a whole new one", () => {
    expect(faultsOf(draftOf(product), product)).toEqual({});
    expect(faultsOf(fresh)).toEqual({});
    expect(faultsOf({ ...fresh, productId: "9223372036854775807", name: "灯".repeat(200) })).toEqual({});
    expect(faultsOf({ ...fresh, settled: false, stockTotal: "" })).toEqual({});
  });

  it("allow the empty name of a product that the configuration brought, as long as it stays", () => {
    const nameless = { ...product, name: "" };
    expect(faultsOf(draftOf(nameless), nameless)).toEqual({});
    expect(faultsOf({ ...draftOf(product), name: "" }, product)).toEqual({ name: "name" });
  });

  const wrong: [what: string, change: Partial<Draft>, faults: object][] = [
    ["an ID of 0", { productId: "0" }, { productId: "id" }],
    ["an ID beyond an int64", { productId: "9223372036854775808" }, { productId: "id" }],
    ["an ID that is no number", { productId: "2001a" }, { productId: "id" }],
    ["no name", { name: " " }, { name: "name" }],
    ["a name that is too long", { name: "x".repeat(201) }, { name: "name" }],
    ["a control character", { name: "a\u0007b" }, { name: "name" }],
    ["no stock", { stockTotal: "" }, { stockTotal: "units" }],
    ["stock below nothing", { stockTotal: "-1" }, { stockTotal: "units" }],
    ["more stock than there may be", { stockTotal: "1000000000001" }, { stockTotal: "units" }],
    ["half a unit for each user", { perUserLimit: "1.5" }, { perUserLimit: "units" }],
    ["more than a year to pay", { paymentWindowSeconds: "31536001" }, { paymentWindowSeconds: "seconds" }],
    ["a begin that is none", { startsAt: "soon" }, { startsAt: "moment" }],
    [
      "an end that is no later than the begin",
      { startsAt: "2026-11-27T10:00:00", endsAt: "2026-11-27T10:00:00" },
      { endsAt: "window" },
    ],
  ];
  it.each(wrong)("find %s", (_, change, faults) => {
    expect(faultsOf({ ...fresh, ...change })).toEqual(faults);
  });
});
