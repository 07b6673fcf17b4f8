import { signal } from "@preact/signals";

/** Tone says how something is meant; it is shown by a symbol and a word as well as by a colour. */
export type Tone = "neutral" | "info" | "ok" | "warn" | "bad";

/** Toast is a short message that goes by itself, unless it is bad. */
export interface Toast {
  id: number;
  tone: Tone;
  text: string;
}

/** toasts are the messages that are shown. */
export const toasts = signal<readonly Toast[]>([]);
/** announced is what a screen reader is told; it changes only when there is something new. */
export const announced = signal("");

const shownFor = 6000; // milliseconds
let last = 0;

/** announce tells a screen reader something that is to be seen on the page anyway. */
export function announce(text: string): void {
  announced.value = text;
}

/** toast shows a message, and announces it. */
export function toast(tone: Tone, text: string): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { id, tone, text }];
  announce(text);
  if (tone !== "bad") setTimeout(() => dismiss(id), shownFor);
}

/** dismiss takes a message away. */
export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}
