/** ApiError is an answer of the service that is not a success. */
export class ApiError extends Error {
  /** status is the HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** code is one of the contract's codes. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Hooks connect the client with the session. */
interface Hooks {
  /** token is sent with each request. */
  token(): string | undefined;
  /** onUnauthorized hears of every 401, with the token that was refused. */
  onUnauthorized(token: string | undefined): void;
}

let hooks: Hooks = { token: () => undefined, onUnauthorized: () => {} };

/** connect sets the hooks, once. */
export function connect(given: Hooks): void {
  hooks = given;
}

/** addressOf returns where a path of the API is: beside the console's folder, whatever stands in front of both. */
export function addressOf(path: string): URL {
  const url = new URL(`..${path}`, location.href);
  url.hash = "";
  url.searchParams.set("ids", "string");
  return url;
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const token = hooks.token();
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(addressOf(path), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      credentials: "omit",
      cache: "no-store",
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "UNREACHABLE", String(cause));
  }
  if (answer.status === 401) hooks.onUnauthorized(token);
  const text = await answer.text();
  if (!answer.ok) {
    let said: { code?: string; message?: string } = {};
    try {
      said = JSON.parse(text) as typeof said;
    } catch {
      // a proxy's page
    }
    throw new ApiError(answer.status, said.code ?? "HTTP_ERROR", said.message ?? answer.statusText);
  }
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** api calls the service. */
export const api = {
  get: <T>(path: string, signal?: AbortSignal) => call<T>("GET", path, undefined, signal),
  post: <T>(path: string, body: unknown = {}) => call<T>("POST", path, body),
  put: <T>(path: string, body: unknown) => call<T>("PUT", path, body),
  delete: (path: string) => call<void>("DELETE", path),
};
