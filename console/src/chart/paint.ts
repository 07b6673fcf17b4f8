// The colours of the page, for a canvas, which knows nothing of custom properties.

import { effect, signal } from "@preact/signals";
import { dark } from "../lib/prefs";

const names = [
  "text",
  "muted",
  "line",
  "surface",
  "accent",
  "ok",
  "warn",
  "bad",
  "chart-1",
  "chart-2",
  "chart-3",
  "chart-4",
  "chart-5",
  "chart-6",
] as const;

/** ColourName is a custom property of the stylesheet that is a colour. */
export type ColourName = (typeof names)[number];

/** Theme holds the colours as they are now. */
export type Theme = Record<ColourName, string>;

/** paint holds the colours of the present theme; whoever draws with it draws again when they change. */
export const paint = signal<Theme>(read());

effect(() => {
  dark();
  // The attribute that the stylesheet goes by is set by another effect: after this turn it stands.
  queueMicrotask(() => {
    paint.value = read();
  });
});

// A custom property is text ("light-dark(…)"); the colour of an element that uses it is a colour.
function read(): Theme {
  const probe = document.createElement("span");
  probe.className = "paint-probe";
  document.documentElement.append(probe);
  const colours = Object.fromEntries(
    names.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return colours as Theme;
}

/** faint gives a colour with less of it, for areas and for what is behind. */
export function faint(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(share * 100)}%, transparent)`;
}
