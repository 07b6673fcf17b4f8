// What is searched for: whoever has a number at hand does not always know what it is of.

import type { LogFilter } from "../lib/types";

/** By is what a text is taken for; "" leaves that to its form. */
export type By = "" | "user" | "order" | "stream" | "request";

/** Search is which attempts a text may mean, and which order. */
export interface Search {
  /** logs is undefined when no attempt can be meant. */
  logs?: Pick<LogFilter, "userId" | "streamId" | "requestId">;
  orderId?: string;
  /** bounded says that no index serves the search: it needs a time from which on. */
  bounded?: boolean;
}

/**
 * searchOf reads what is searched for: two numbers with a dash between are a stream ID, a number is a user's or
 * an order's, anything else is a request ID.
 */
export function searchOf(text: string, by: By): Search {
  const wanted = text.trim();
  if (wanted === "") return by === "order" ? {} : { logs: {} };
  switch (by || formOf(wanted)) {
    case "number":
      return { logs: { userId: wanted }, orderId: wanted };
    case "user":
      return { logs: { userId: wanted } };
    case "order":
      return { orderId: wanted };
    case "stream":
      return { logs: { streamId: wanted } };
    default:
      return { logs: { requestId: wanted }, bounded: true };
  }
}

function formOf(text: string): "number" | "stream" | "request" {
  if (/^\d{1,20}-\d{1,20}$/.test(text)) return "stream";
  return /^[1-9]\d{0,18}$/.test(text) ? "number" : "request";
}

/** arrivalOf is when an entry arrived, by Redis's clock, in Unix milliseconds: its stream ID says so. */
export function arrivalOf(streamId: string): number | undefined {
  const ms = Number(/^(\d+)-\d+$/.exec(streamId)?.[1] ?? Number.NaN);
  return ms > 0 && ms <= 8.64e15 ? ms : undefined;
}
