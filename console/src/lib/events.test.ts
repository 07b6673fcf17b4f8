import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventParser, type Link, type ServerEvent, subscribe } from "./events";
import { answer, FakeStream, fakeService } from "./testing";

describe("the parser", () => {
  const text =
    ': hello\nevent: sample\nid: 17\ndata: {"a":\ndata: 1}\n\n' +
    "data:no space\r\n\r\n" +
    "event: named\r\ndata: crlf\r\n\r\n" +
    "event\rdata: carriage\r\r" +
    "id: 18\nevent: nothing\n\n" +
    "retry: 5\nunknown: x\ndata: 销售\n\n";
  const events: ServerEvent[] = [
    { event: "sample", data: '{"a":\n1}', id: "17" },
    { event: "message", data: "no space", id: "17" },
    { event: "named", data: "crlf", id: "17" },
    { event: "message", data: "carriage", id: "17" },
    { event: "message", data: "销售", id: "18" },
  ];

  it("reads events, comments, all three ends of line, and data of several lines", () => {
    expect(new EventParser().push(text)).toEqual(events);
  });

  it("reads the same wherever the text is cut", () => {
    for (let size = 1; size < 9; size++) {
      const parser = new EventParser();
      const found: ServerEvent[] = [];
      for (let i = 0; i < text.length; i += size) {
        found.push(...parser.push(text.slice(i, i + size)));
      }
      expect(found, `pieces of ${size}`).toEqual(events);
    }
  });

  it("gives no event that is not complete", () => {
    const parser = new EventParser();
    expect(parser.push("data: half\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ event: "message", data: "half", id: "" }]);
  });

  it("ignores an ID with a null in it, and goes on from the one it was given", () => {
    expect(new EventParser("4").push("id: 5\0\ndata: x\n\n")).toEqual([{ event: "message", data: "x", id: "4" }]);
  });
});

describe("a subscription", () => {
  let off: AbortController;
  let links: Link[];
  let seen: ServerEvent[];

  beforeEach(() => {
    vi.useFakeTimers();
    off = new AbortController();
    links = [];
    seen = [];
  });
  afterEach(() => {
    off.abort();
    vi.useRealTimers();
  });

  function start(service: ReturnType<typeof fakeService>, onUnauthorized?: () => void) {
    return subscribe({
      path: "admin/v1/live",
      token: () => "T",
      base: "./",
      fetch: service.fetch,
      signal: off.signal,
      onEvent: (event) => seen.push(event),
      onLink: (link) => links.push(link),
      onUnauthorized,
    });
  }

  it("gives events as they come, with the token in a header", async () => {
    const stream = new FakeStream();
    const service = fakeService(() => stream.response);
    void start(service);
    await vi.advanceTimersByTimeAsync(0);
    stream.write("id: 1\ndata: a\n");
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([]);
    stream.write("\n");
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([{ event: "message", data: "a", id: "1" }]);
    expect(service.asked[0]?.headers.get("Authorization")).toBe("Bearer T");
    expect(service.asked[0]?.headers.get("Last-Event-ID")).toBeNull();
    expect(links).toEqual(["connecting", "open"]);
  });

  it("comes back after a break, after a pause, and says what it has had", async () => {
    const streams = [new FakeStream(), new FakeStream()];
    const service = fakeService((_, n) => streams[n]?.response ?? new TypeError("away"));
    void start(service);
    await vi.advanceTimersByTimeAsync(0);
    streams[0]?.write("id: 7\ndata: a\n\n");
    await vi.advanceTimersByTimeAsync(0);
    streams[0]?.break();
    await vi.advanceTimersByTimeAsync(0);
    expect(links.at(-1)).toBe("waiting");
    expect(service.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(service.asked[1]?.headers.get("Last-Event-ID")).toBe("7");
    expect(links).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
  });

  it("comes back when the stream ends, and waits longer each time that it gets nothing", async () => {
    const service = fakeService(() => answer(503, { code: "UNAVAILABLE", message: "" }));
    void start(service);
    await vi.advanceTimersByTimeAsync(3_600);
    const early = service.asked.length;
    expect(early).toBeGreaterThanOrEqual(3);
    expect(early).toBeLessThanOrEqual(5);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(service.asked.length - early).toBeLessThanOrEqual(6);
  });

  it("takes a silent line for dead", async () => {
    const streams = [new FakeStream(), new FakeStream()];
    const service = fakeService((_, n) => (streams[n] as FakeStream).response);
    void start(service);
    await vi.advanceTimersByTimeAsync(15_000);
    streams[0]?.write(": \n");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(service.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(service.asked).toHaveLength(2);
    expect(streams[0]?.cancelled).toBe(true);
  });

  it.each([401, 403, 404])("ends upon %i", async (status) => {
    const told = vi.fn();
    const service = fakeService(() => answer(status, { code: "NO", message: "no" }));
    await start(service, told);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(service.asked).toHaveLength(1);
    expect(links.at(-1)).toBe("refused");
    expect(told).toHaveBeenCalledTimes(status === 401 ? 1 : 0);
  });

  it("asks again when the answer is not a stream of events", async () => {
    const service = fakeService(() => answer(200, "<html>"));
    void start(service);
    await vi.advanceTimersByTimeAsync(600);
    expect(links).toEqual(expect.arrayContaining(["waiting"]));
    expect(service.asked.length).toBeGreaterThan(1);
  });

  it("ends when it is called off, and leaves no connection", async () => {
    const stream = new FakeStream();
    const service = fakeService(() => stream.response);
    const done = start(service);
    await vi.advanceTimersByTimeAsync(0);
    off.abort();
    await done;
    expect(stream.cancelled).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(service.asked).toHaveLength(1);
  });
});
