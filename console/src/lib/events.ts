// Server-sent events by fetch: an EventSource cannot send a token.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import { ApiError, address, errorOf } from "./http";
import { backoff, sleep } from "./wait";

export interface ServerEvent {
  event: string;
  data: string;
  /** The last ID that the stream has given, this event's or an earlier one's. */
  id: string;
}

/** Reads a stream of events piece by piece, wherever the pieces are cut. */
export class EventParser {
  private rest = "";
  private afterReturn = false;
  private event = "";
  private data: string[] = [];
  private id: string;

  constructor(lastId = "") {
    this.id = lastId;
  }

  /** Takes the next piece and gives the events that became complete with it. */
  push(piece: string): ServerEvent[] {
    if (this.afterReturn && piece.startsWith("\n")) {
      piece = piece.slice(1);
      this.afterReturn = false;
    }
    if (piece) {
      this.afterReturn = piece.endsWith("\r");
    }
    const lines = (this.rest + piece).split(/\r\n|\r|\n/);
    this.rest = lines.pop() ?? "";
    const events: ServerEvent[] = [];
    for (const line of lines) {
      this.line(line, events);
    }
    return events;
  }

  private line(line: string, events: ServerEvent[]): void {
    if (line === "") {
      this.dispatch(events);
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") {
      this.event = value;
    } else if (name === "data") {
      this.data.push(value);
    } else if (name === "id" && !value.includes("\0")) {
      this.id = value;
    }
  }

  private dispatch(events: ServerEvent[]): void {
    if (this.data.length > 0) {
      events.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
    }
    this.event = "";
    this.data = [];
  }
}

/**
 * How a subscription stands: connecting; open; waiting to connect again after it broke
 * off; refused, which is the end of it (error says why).
 */
export type Link = "connecting" | "open" | "waiting" | "refused";

export interface Subscription {
  path: string;
  token: () => string | undefined;
  onEvent: (event: ServerEvent) => void;
  onLink?: (link: Link, error?: ApiError) => void;
  onUnauthorized?: (token: string | undefined) => void;
  signal: AbortSignal;
  base?: string;
  fetch?: typeof fetch;
  /** Milliseconds without a byte after which the line is taken for dead; the service sends one in 15 s. */
  silence?: number;
  /** Milliseconds before the first repetition. */
  pause?: number;
  /** Where the ID of the last event is kept, for whoever comes back later to go on there. */
  last?: { id: string };
}

const longestPause = 10_000;
const defaultSilence = 20_000;
const defaultPause = 500;

/**
 * Reads events until the signal is aborted or the service refuses (401, 403, 404, 400);
 * whatever else breaks the line, it connects again with Last-Event-ID. Never rejects.
 */
export async function subscribe(s: Subscription): Promise<void> {
  const last = s.last ?? { id: "" };
  for (let failures = 0; !s.signal.aborted; failures++) {
    s.onLink?.("connecting");
    let retryAfter = 0;
    const token = s.token();
    try {
      await follow(s, token, last, () => {
        failures = 0;
      });
    } catch (error) {
      if (s.signal.aborted) {
        return;
      }
      if (error instanceof ApiError && isFinal(error.status)) {
        refuse(s, token, error);
        return;
      }
      retryAfter = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    }
    s.onLink?.("waiting");
    const pause = Math.max(retryAfter, backoff(failures, s.pause ?? defaultPause, longestPause));
    await sleep(pause, s.signal).catch(() => undefined);
  }
}

function refuse(s: Subscription, token: string | undefined, error: ApiError): void {
  s.onLink?.("refused", error);
  if (error.status === 401) {
    s.onUnauthorized?.(token);
  }
}

// Answers that asking again does not better.
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

// Reads one connection to its end; throws when it cannot be made or breaks off.
async function follow(
  s: Subscription,
  token: string | undefined,
  last: { id: string },
  onEvent: () => void,
): Promise<void> {
  const watch = new AbortController();
  const call = () => watch.abort(new DOMException("silent", "TimeoutError"));
  let timer = setTimeout(call, s.silence ?? defaultSilence);
  try {
    const signal = AbortSignal.any([s.signal, watch.signal]);
    const body = await open(s, token, last.id, signal);
    s.onLink?.("open");
    const parser = new EventParser(last.id);
    const decoder = new TextDecoder();
    for await (const bytes of chunks(body, signal)) {
      clearTimeout(timer);
      timer = setTimeout(call, s.silence ?? defaultSilence);
      for (const event of parser.push(decoder.decode(bytes, { stream: true }))) {
        last.id = event.id;
        onEvent();
        s.onEvent(event);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

async function open(
  s: Subscription,
  token: string | undefined,
  lastId: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (lastId) {
    headers["Last-Event-ID"] = lastId;
  }
  const response = await (s.fetch ?? fetch)(address(s.path, s.base), {
    headers,
    signal,
    credentials: "omit",
    cache: "no-store",
  });
  if (!response.ok) {
    throw await errorOf(response);
  }
  if (!response.body || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    throw new ApiError("UNREADABLE", "not a stream of events", response.status);
  }
  return response.body;
}

// Safari has no asynchronous iteration of streams. The abort is heard here as well: a body
// that does not know of the signal would else be waited for forever.
async function* chunks(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const stop = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
