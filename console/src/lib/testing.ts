// What tests of this folder stand on: a service that answers as a test says.

export interface Asked {
  url: string;
  method: string;
  headers: Headers;
  body: string | undefined;
  signal: AbortSignal | undefined;
}

export interface FakeService {
  fetch: typeof fetch;
  asked: Asked[];
}

/** Answers call n (from 0) with what answer gives; an Error is thrown as fetch throws. */
export function fakeService(answer: (asked: Asked, n: number) => Response | Error | Promise<Response>): FakeService {
  const asked: Asked[] = [];
  const fake = async (url: unknown, init: RequestInit = {}) => {
    const call: Asked = {
      url: String(url),
      method: init.method ?? "GET",
      headers: new Headers(init.headers),
      body: init.body as string | undefined,
      signal: init.signal ?? undefined,
    };
    call.signal?.throwIfAborted();
    asked.push(call);
    const given = await answer(call, asked.length - 1);
    if (given instanceof Error) {
      throw given;
    }
    return given;
  };
  return { fetch: fake as typeof fetch, asked };
}

export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
}

/** A stream of events that the test writes to, piece by piece. */
export class FakeStream {
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  cancelled = false;
  readonly response: Response;

  constructor() {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.controller = controller;
      },
      cancel: () => {
        this.cancelled = true;
      },
    });
    this.response = new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  write(text: string): void {
    this.controller?.enqueue(new TextEncoder().encode(text));
  }

  event(name: string, id: string, data: unknown): void {
    this.write(`event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.controller?.close();
  }

  break(): void {
    this.controller?.error(new TypeError("network error"));
  }
}
