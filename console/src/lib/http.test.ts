import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "./api";
import { ApiError, address, isAbort, query } from "./http";
import { answer, fakeService } from "./testing";

const unavailable = () => answer(503, { code: "UNAVAILABLE", message: "redis is away" });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function api(
  respond: Parameters<typeof fakeService>[0],
  extra: { onUnauthorized?: () => void; timeout?: number } = {},
) {
  const service = fakeService(respond);
  return { asked: service.asked, api: createApi({ token: () => "T", base: "./", fetch: service.fetch, ...extra }) };
}

// Settles a call while the fake clock runs as far as it has to.
async function settled<T>(call: Promise<T>): Promise<T | unknown> {
  const done = call.catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return done;
}

describe("a call", () => {
  it("carries the token, never in the address, and the filter without what is empty", async () => {
    const { api: a, asked } = api(() => answer(200, { items: [], nextCursor: "" }));
    await a.orders({ productId: "9007199254740993", paymentRef: "", status: "PAID" }, { limit: 5 });
    expect(asked[0]?.headers.get("Authorization")).toBe("Bearer T");
    expect(new URL(asked[0]?.url ?? "").search).toBe("?productId=9007199254740993&status=PAID&limit=5");
  });

  it("gives IDs without loss", async () => {
    const { api: a } = api(() => answer(200, '{"productId":9007199254740993,"stockLeft":7}'));
    expect(await a.product("9007199254740993")).toEqual({ productId: "9007199254740993", stockLeft: 7 });
  });

  it("sends a body as JSON, without what is undefined", async () => {
    const { api: a, asked } = api(() => answer(200, {}));
    await a.restock("2001", -5, "broken");
    expect(asked[0]).toMatchObject({ method: "POST", body: '{"delta":-5,"note":"broken"}' });
    expect(asked[0]?.headers.get("Content-Type")).toBe("application/json");
  });

  it("takes an answer without a body", async () => {
    const { api: a } = api(() => new Response(null, { status: 204 }));
    expect(await a.deleteProduct("1")).toBeUndefined();
  });

  it("cannot be led astray by what an ID holds", async () => {
    const { api: a, asked } = api(() => answer(200, {}));
    await a.product("../session?x");
    expect(asked[0]?.url).toMatch(/products\/\.\.%2Fsession%3Fx$/);
  });
});

describe("an error", () => {
  it("is the one of the service, with its status and when to come again", async () => {
    const { api: a } = api(() => answer(503, { code: "OVERLOADED", message: "behind" }, { "Retry-After": "30" }));
    const error = await settled(a.pause("1"));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "OVERLOADED", message: "behind", status: 503, retryAfterMs: 30_000 });
  });

  it("is UNREADABLE when it is not the service that answers", async () => {
    const { api: a } = api(() => answer(502, "<html>bad gateway</html>"));
    expect(await settled(a.session())).toMatchObject({ code: "UNREADABLE", status: 502 });
  });

  it("is UNREADABLE when a success is no JSON", async () => {
    const { api: a } = api(() => answer(200, "<html>sign in to the hotel</html>"));
    expect(await settled(a.session())).toMatchObject({ code: "UNREADABLE", status: 200 });
  });

  it("of a token tells who asked to be told", async () => {
    const told = vi.fn();
    const { api: a } = api(() => answer(401, { code: "UNAUTHORIZED", message: "expired" }), { onUnauthorized: told });
    expect(await settled(a.session())).toMatchObject({ status: 401 });
    expect(told).toHaveBeenCalledTimes(1);
  });

  it("is TIMEOUT when nothing comes in time", async () => {
    vi.useRealTimers();
    const hang = fakeService(
      ({ signal }) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );
    const a = createApi({ token: () => "T", base: "./", fetch: hang.fetch, timeout: 5 });
    expect(await a.session().catch((e: unknown) => e)).toMatchObject({ code: "TIMEOUT", status: 0 });
  });
});

describe("a call that fails", () => {
  it("is made again when it reads and the service is away, with a pause", async () => {
    const { api: a, asked } = api((_, n) => (n < 2 ? unavailable() : answer(200, { subject: "ann" })));
    const call = settled(a.session());
    expect(await call).toEqual({ subject: "ann" });
    expect(asked).toHaveLength(3);
  });

  it("is made again when the network fails, and given up after two repetitions", async () => {
    const { api: a, asked } = api(() => new TypeError("failed to fetch"));
    expect(await settled(a.session())).toMatchObject({ code: "NETWORK", status: 0 });
    expect(asked).toHaveLength(3);
  });

  it("is never made again when it changes something", async () => {
    for (const respond of [unavailable, () => new TypeError("failed to fetch")]) {
      const { api: a, asked } = api(respond);
      await settled(a.restock("1", 5, "more"));
      await settled(a.changeProduct("1", { name: "x" }));
      await settled(a.deleteProduct("1"));
      expect(asked.map((call) => call.method)).toEqual(["POST", "PUT", "DELETE"]);
    }
  });

  it("is not made again when the service has said no", async () => {
    const { api: a, asked } = api(() => answer(404, { code: "PRODUCT_NOT_FOUND", message: "none" }));
    await settled(a.product("1"));
    expect(asked).toHaveLength(1);
  });

  it("is not made again when the service asks for a longer pause than anybody waits", async () => {
    const { api: a, asked } = api(() => answer(503, { code: "UNAVAILABLE", message: "" }, { "Retry-After": "60" }));
    await settled(a.session());
    expect(asked).toHaveLength(1);
  });

  it("ends at once when it is called off, also in a pause", async () => {
    const off = new AbortController();
    const { api: a, asked } = api(unavailable);
    const call = a.session(off.signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    off.abort();
    expect(isAbort(await call)).toBe(true);
    await vi.runAllTimersAsync();
    expect(asked).toHaveLength(1);
  });
});

describe("an export", () => {
  it("asks for the format and gives the file", async () => {
    const { api: a, asked } = api(() => answer(200, "orderId\n1\n"));
    const file = await a.exportOrders({ productId: "1" }, "csv");
    expect(asked[0]?.headers.get("Accept")).toBe("text/csv");
    expect(await file.text()).toBe("orderId\n1\n");
  });
});

describe("an address", () => {
  it("is beside the folder of the page, whatever the prefix", () => {
    const base = document.createElement("base");
    base.href = "https://shop.example/ops/seckill/console/";
    document.head.append(base);
    expect(address("admin/v1/session")).toBe("https://shop.example/ops/seckill/admin/v1/session");
    base.remove();
  });

  it("has no query when a filter is empty", () => {
    expect(query({ a: undefined, b: "" })).toBe("");
    expect(query({ note: "a b&c" })).toBe("?note=a+b%26c");
  });
});
