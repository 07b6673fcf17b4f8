// How the console calls the service: the token, the one error type, and when a call is
// made again.

import { parse, stringify } from "./json";
import { backoff, sleep } from "./wait";

/**
 * Why a call has failed. Code is the service's (UPPER_SNAKE), or one of those that no
 * service gives: NETWORK (it was not reached, or broke off), TIMEOUT, UNREADABLE (an
 * answer that is not the service's, such as a proxy's page).
 */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    /** HTTP status, 0 where there was no answer. */
    readonly status: number,
    /** Milliseconds after which to ask again, where the service says so. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** Whether a call ended because the caller has called it off. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export interface HttpOptions {
  /** The token to call with, as it is now; none where nobody has signed in. */
  token: () => string | undefined;
  /** Called upon each 401, with the token that was refused. */
  onUnauthorized?: (token: string | undefined) => void;
  /** Where /admin/v1 and /api/v1 are; by default beside the page's folder, whatever the prefix. */
  base?: string;
  fetch?: typeof fetch;
  /** Milliseconds until a call is given up; 0 = never. */
  timeout?: number;
}

export interface Call {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  query?: object;
  body?: unknown;
  accept?: string;
  signal?: AbortSignal;
  /** Milliseconds until the call is given up; 0 = never. */
  timeout?: number;
}

export interface Http {
  /** Makes a call and gives the response, which is one of success. */
  send(path: string, call?: Call): Promise<Response>;
  /** Makes a call and reads its JSON. */
  json<T>(path: string, call?: Call): Promise<T>;
  text(path: string, call?: Call): Promise<string>;
}

/** How often a GET is made again after a 503 or without an answer. */
const repetitions = 2;
const firstPause = 300;
/** A service that wants us to wait longer than this is better answered by the user. */
const longestPause = 5_000;

/** Makes the one way by which all calls go. */
export function createHttp(options: HttpOptions): Http {
  const send = (path: string, call: Call = {}) => repeat(() => once(options, path, call), call);
  return {
    send,
    json: async (path, call) => {
      const response = await send(path, call);
      const text = await readText(response, call?.signal);
      try {
        return parse(text);
      } catch {
        throw unreadable(response.status);
      }
    },
    text: async (path, call) => readText(await send(path, call), call?.signal),
  };
}

/** The address of a path of the service, from a page at …/console/. */
export function address(path: string, base: string = "../"): string {
  return new URL(base + path.replace(/^\//, ""), document.baseURI).href;
}

/** The query of a filter: what is empty is left out. */
export function query(filter: object | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filter ?? {})) {
    if (value !== undefined && value !== null && value !== "") {
      params.append(name, String(value));
    }
  }
  const text = params.toString();
  return text && `?${text}`;
}

/** Reads the service's error of a response that is none of success. */
export async function errorOf(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get("Retry-After"));
  const retryAfterMs = after > 0 ? after * 1000 : undefined;
  try {
    const body = parse<{ code?: unknown; message?: unknown }>(await response.text());
    if (typeof body.code === "string" && typeof body.message === "string") {
      return new ApiError(body.code, body.message, response.status, retryAfterMs);
    }
  } catch {
    // Not the service's: a proxy's page, or an answer that broke off.
  }
  return unreadable(response.status, retryAfterMs);
}

function unreadable(status: number, retryAfterMs?: number): ApiError {
  return new ApiError("UNREADABLE", `HTTP ${status}`, status, retryAfterMs);
}

async function once(options: HttpOptions, path: string, call: Call): Promise<Response> {
  const limit = call.timeout ?? options.timeout ?? 15_000;
  const headers: Record<string, string> = { Accept: call.accept ?? "application/json" };
  const token = options.token();
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (call.body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  const signals = [call.signal, limit > 0 ? AbortSignal.timeout(limit) : undefined].filter((s) => s !== undefined);
  const response = await (options.fetch ?? fetch)(address(path, options.base) + query(call.query), {
    method: call.method ?? "GET",
    headers,
    body: call.body === undefined ? undefined : stringify(call.body),
    signal: AbortSignal.any(signals),
    credentials: "omit",
    cache: "no-store",
  }).catch((cause: unknown) => {
    throw broken(cause, call.signal);
  });
  if (response.ok) {
    return response;
  }
  if (response.status === 401) {
    options.onUnauthorized?.(token);
  }
  throw await errorOf(response);
}

async function readText(response: Response, signal?: AbortSignal): Promise<string> {
  return response.text().catch((cause: unknown) => {
    throw broken(cause, signal);
  });
}

// What fetch throws: the caller's own abort goes through as it is.
function broken(cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) {
    return isAbort(cause) ? cause : new DOMException("called off", "AbortError");
  }
  if (cause instanceof DOMException && cause.name === "TimeoutError") {
    return new ApiError("TIMEOUT", "no answer in time", 0);
  }
  return new ApiError("NETWORK", "the service was not reached", 0);
}

// Only what reads is made again by itself: whether a change was made is not known after a
// 503, and whoever made it has to look first.
async function repeat(attempt: () => Promise<Response>, call: Call): Promise<Response> {
  const most = (call.method ?? "GET") === "GET" ? repetitions : 0;
  for (let n = 0; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      const pause = n < most ? pauseAfter(error, n) : undefined;
      if (pause === undefined) {
        throw error;
      }
      await sleep(pause, call.signal);
    }
  }
}

// Milliseconds to wait before a call is made again, undefined when it is not.
function pauseAfter(error: unknown, n: number): number | undefined {
  if (!(error instanceof ApiError) || (error.status !== 503 && error.code !== "NETWORK")) {
    return undefined;
  }
  const pause = Math.max(backoff(n, firstPause, longestPause), error.retryAfterMs ?? 0);
  return pause <= longestPause ? pause : undefined;
}
