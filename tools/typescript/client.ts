// A client as a BFF in TypeScript would write it: it compiles only if the document has the
// types that it needs.
import type { components, paths } from "./generated/api";

type Attempt = paths["/api/v1/products/{productId}/attempts"]["post"];
type AttemptBody = Attempt["requestBody"]["content"]["application/json"];
type Queued = Attempt["responses"][202]["content"]["application/json"];
type Refused = Attempt["responses"][409]["content"]["application/json"];
type Later = Attempt["responses"][503]["headers"]["Retry-After"];
type Result = components["schemas"]["ResultResponse"];
type Events =
  paths["/api/v1/products/{productId}/users/{userId}/result/events"]["get"]["responses"][200]["content"]["text/event-stream"];
type Fails = components["schemas"]["Error"];

export async function buy(base: string, token: string, product: string, body: AttemptBody): Promise<Queued | Fails> {
  const response = await fetch(`${base}/api/v1/products/${product}/attempts`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.status === 202 ? ((await response.json()) as Queued) : ((await response.json()) as Fails);
}

// An ID may be a number or, beyond 2^53, a text.
export const bodies: AttemptBody[] = [{ userId: 1 }, { userId: "9007199254740993", requestId: "a" }];

export function tell(code: Refused["code"]): string {
  switch (code) {
    case "SOLD_OUT":
    case "LIMIT_REACHED":
    case "NOT_STARTED":
    case "ENDED":
    case "PAUSED":
      return code;
    default:
      const none: never = code; // the codes of 409 are these five
      return none;
  }
}

export function final(result: Result): boolean {
  const status: "PROCESSING" | "SUCCESS" | "FAILED" = result.status;
  return status !== "PROCESSING";
}

export const pause = (seconds: Later): number => (seconds ?? 1) * 1000;
export const stream = (text: Events): string[] => text.split("\n\n");
