import { effect, signal } from "@preact/signals";
import { keep, kept } from "./storage";

/** Theme is which colours are used. */
export type Theme = "system" | "light" | "dark";
/** Density is how much room rows take. */
export type Density = "comfortable" | "compact";

/** themes are all themes, in the order in which they are offered. */
export const themes: readonly Theme[] = ["system", "light", "dark"];
/** densities are all densities. */
export const densities: readonly Density[] = ["comfortable", "compact"];

/** theme is the chosen theme. */
export const theme = signal<Theme>(oneOf(themes, kept("theme")));
/** density is the chosen density. */
export const density = signal<Density>(oneOf(densities, kept("density")));
/** keysOn says that keys of one letter act. */
export const keysOn = signal(kept("keys") !== "off");

function oneOf<T extends string>(values: readonly T[], value: string | undefined): T {
  return values.find((known) => known === value) ?? (values[0] as T);
}

/** dark reports whether the page is dark now, the system's wish included. */
export function dark(): boolean {
  if (theme.value !== "system") return theme.value === "dark";
  return systemDark.value;
}

const media = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(media.matches);
media.addEventListener("change", () => {
  systemDark.value = media.matches;
});

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset.theme;
  else dataset.theme = theme.value;
  dataset.density = density.value;
  keep("theme", theme.value);
  keep("density", density.value);
  keep("keys", keysOn.value ? "on" : "off");
});
