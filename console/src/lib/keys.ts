import { signal } from "@preact/signals";
import { keysOn, theme } from "./prefs";
import { go } from "./router";

/** helpShown says that the map of keys is open. */
export const helpShown = signal(false);

/** goKeys are the pages by the letter that follows g. */
export const goKeys: Readonly<Record<string, string>> = {
  s: "sales",
  b: "books",
  p: "products",
  f: "preflight",
  o: "attempts",
  t: "streams",
  d: "dead-letters",
  a: "audit",
  r: "runbooks",
  ",": "settings",
};

/** chordTime is for how long g waits for the next key, in milliseconds. */
const chordTime = 1500;

let waitingSince = Number.NEGATIVE_INFINITY;

/** onKey acts on a key; what is typed into a field is left alone. */
export function onKey(event: KeyboardEvent): void {
  if (!keysOn.value || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isField(event.target) || (document.querySelector("dialog[open]") && event.key !== "?")) return;
  const chord = event.timeStamp - waitingSince < chordTime;
  waitingSince = event.key === "g" && !chord ? event.timeStamp : Number.NEGATIVE_INFINITY;
  if (act(event.key, chord)) event.preventDefault();
}

function act(key: string, chord: boolean): boolean {
  const page = goKeys[key];
  if (chord && page) {
    go([page]);
    return true;
  }
  switch (key) {
    case "?":
      helpShown.value = !helpShown.value;
      return true;
    case "/":
      return focusSearch();
    case "\\":
      theme.value = theme.value === "dark" ? "light" : "dark";
      return true;
    default:
      return false;
  }
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLElement>("main [type=search]");
  field?.focus();
  return field !== null;
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}
