import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resetClock, serverNow, ticking } from "./clock";
import { createLive } from "./live";
import { type Asked, answer, FakeStream, fakeService } from "./testing";
import type { Sample, Second } from "./types";

const start = Date.UTC(2026, 10, 26, 12, 0, 0);

function sample(at: number, extra: Partial<Sample> = {}): Sample {
  return {
    at: new Date(at).toISOString(),
    productId: "2001",
    name: "lamp",
    status: "ACTIVE",
    mode: "SETTLE",
    perUserLimit: 1,
    gate: "open",
    alarms: [],
    missing: [],
    ...extra,
  };
}

const second = (at: number, admitted: number): Second => ({ at: at / 1000, attempts: { admitted }, results: {} });

let hidden = false;
let streams: FakeStream[];

function service(respond?: (asked: Asked, n: number) => Response) {
  const fake = fakeService((asked, n) => {
    if (respond) {
      return respond(asked, n);
    }
    const stream = new FakeStream();
    streams.push(stream);
    return stream.response;
  });
  return { ...fake, live: createLive({ token: () => "T", base: "./", fetch: fake.fetch }) };
}

function show(visible: boolean) {
  hidden = !visible;
  document.dispatchEvent(new Event("visibilitychange"));
}

const flush = () => vi.advanceTimersByTimeAsync(0);
const newest = () => streams.at(-1) as FakeStream;

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  hidden = false;
  streams = [];
  resetClock();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a feed", () => {
  it("connects with the first who watches, once for all, and leaves with the last", async () => {
    const { live, asked } = service();
    expect(asked).toHaveLength(0);
    const first = live.product("2001").watch();
    const other = live.product("2001").watch();
    await flush();
    expect(asked.map((a) => new URL(a.url).pathname)).toEqual([
      expect.stringMatching(/admin\/v1\/products\/2001\/live$/),
    ]);
    first();
    first();
    await flush();
    expect(newest().cancelled).toBe(false);
    other();
    await flush();
    expect(newest().cancelled).toBe(true);
  });

  it("says what was said last, and that it is old after 3 s without a word", async () => {
    const { live } = service();
    const leave = live.product("2001").watch();
    const feed = live.product("2001");
    await flush();
    newest().event("sample", "1", sample(start, { stockLeft: 9 }));
    await flush();
    expect(feed.latest.value?.stockLeft).toBe(9);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(feed.stale.value).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(feed.stale.value).toBe(true);
    expect(feed.latest.value?.stockLeft).toBe(9);
    newest().event("sample", "2", sample(start + 3_000));
    await flush();
    expect(feed.stale.value).toBe(false);
    leave();
  });

  it("leaves while the tab is hidden, is old when it is seen again, and goes on where it was", async () => {
    const { live, asked } = service();
    const feed = live.product("2001");
    const leave = feed.watch();
    await flush();
    newest().event("sample", "41", sample(start));
    await flush();
    show(false);
    await flush();
    expect(newest().cancelled).toBe(true);
    vi.setSystemTime(start + 60_000); // timers of a hidden tab stand still
    show(true);
    expect(feed.stale.value).toBe(true);
    await flush();
    expect(asked).toHaveLength(2);
    expect(asked[1]?.headers.get("Last-Event-ID")).toBe("41");
    leave();
  });

  it("does not connect in a tab that is hidden from the beginning", async () => {
    const { live, asked } = service();
    show(false);
    const leave = live.overview.watch();
    await flush();
    expect(asked).toHaveLength(0);
    show(true);
    await flush();
    expect(asked).toHaveLength(1);
    leave();
    show(false);
    show(true);
    await flush();
    expect(asked).toHaveLength(1);
  });

  it("says why it was refused, and connects again once somebody has signed in", async () => {
    let status = 401;
    const { live, asked } = service(() =>
      status === 401 ? answer(401, { code: "UNAUTHORIZED", message: "expired" }) : new FakeStream().response,
    );
    const leave = live.overview.watch();
    await flush();
    expect(live.overview.link.value).toBe("refused");
    expect(live.overview.error.value?.code).toBe("UNAUTHORIZED");
    status = 200;
    live.renew();
    await flush();
    expect(live.overview.link.value).toBe("open");
    expect(live.overview.error.value).toBeUndefined();
    expect(asked).toHaveLength(2);
    leave();
  });

  it("survives an event that it cannot read", async () => {
    const { live } = service();
    const feed = live.overview;
    const leave = feed.watch();
    await flush();
    newest().write("event: sample\ndata: {half\n\n");
    newest().event("sample", "2", { at: new Date(start).toISOString(), replicas: [], missing: [], products: [] });
    await flush();
    expect(feed.latest.value?.products).toEqual([]);
    expect(streams).toHaveLength(1);
    leave();
  });
});

describe("a line that is lost", () => {
  it("stays lost while it is tried again, until it is open", async () => {
    let up = false;
    const { live } = service(() =>
      up ? new FakeStream().response : answer(503, { code: "UNAVAILABLE", message: "shutting down" }),
    );
    const leave = live.overview.watch();
    const seen: boolean[] = [];
    const stop = live.overview.lost.subscribe((lost) => seen.push(lost));
    await vi.advanceTimersByTimeAsync(2_500);
    expect(seen).toEqual([false, true]);
    up = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen).toEqual([false, true, false]);
    stop();
    leave();
  });
});

describe("the track of a product", () => {
  it("is the history, then the samples, each second once", async () => {
    const { live } = service();
    const feed = live.product("2001");
    const leave = feed.watch();
    await flush();
    newest().event("history", "1", {
      seconds: [second(start - 3_000, 5), second(start - 2_000, 6)],
      samples: [sample(start - 2_000), sample(start - 1_000)],
    });
    await flush();
    expect(feed.latest.value).toBeUndefined();
    expect(feed.revision.value).toBe(1);
    newest().event("sample", "2", sample(start, { seconds: [second(start - 2_000, 7), second(start - 1_000, 8)] }));
    await flush();
    expect(feed.track.samples.length).toBe(3);
    expect(feed.track.seconds.since(0).map((p) => p.value.attempts.admitted)).toEqual([5, 7, 8]);
    expect(feed.revision.value).toBe(2);
    leave();
    expect(feed.track.samples.length).toBe(0);
  });

  it("begins anew when the service does", async () => {
    const { live } = service();
    const feed = live.product("2001");
    const leave = feed.watch();
    await flush();
    newest().event("sample", "1", sample(start));
    newest().event("history", "2", { seconds: [], samples: [sample(start - 5_000)] });
    await flush();
    expect(feed.track.samples.since(0).map((p) => p.at)).toEqual([start - 5_000]);
    leave();
  });
});

describe("the clock", () => {
  it("is the one of the service, of whatever the viewer has", async () => {
    const { live } = service();
    const leave = live.overview.watch();
    await flush();
    for (const late of [900, 40, 300]) {
      const at = Date.now() + 60_000 - late;
      newest().event("sample", "1", { at: new Date(at).toISOString(), replicas: [], missing: [], products: [] });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(serverNow() - Date.now()).toBe(60_000 - 40);
    leave();
  });

  it("ticks while somebody looks at it", async () => {
    const seen: number[] = [];
    const stop = ticking.subscribe((now) => seen.push(now));
    await vi.advanceTimersByTimeAsync(2_000);
    stop();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seen.at(-1)).toBe(start + 2_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
