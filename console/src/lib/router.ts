import { computed, signal } from "@preact/signals";

/** Query are the filters of an address, each once. */
export type Query = Readonly<Record<string, string>>;

/** Route is an address of the console: #/sales/2001?window=15m. */
export interface Route {
  /** parts are the segments of the path, decoded: ["sales", "2001"]. */
  parts: readonly string[];
  query: Query;
}

/** parse reads the fragment of an address. */
export function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  return { parts: parts.map(decode), query: Object.fromEntries(new URLSearchParams(search)) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** hrefOf writes an address; filters that are empty are left out. */
export function hrefOf(parts: readonly (string | number)[], query: Record<string, string | undefined> = {}): string {
  const path = parts.map((part) => encodeURIComponent(part)).join("/");
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const search = new URLSearchParams(given).toString();
  return `#/${path}${search && `?${search}`}`;
}

const present = signal<Route>(parse(location.hash));
addEventListener("hashchange", () => {
  present.value = parse(location.hash);
});

/** route is where the page is. */
export const route = computed(() => present.value);

/** go goes to an address. */
export function go(parts: readonly (string | number)[], query?: Record<string, string | undefined>): void {
  location.hash = hrefOf(parts, query);
}

/**
 * setQuery changes filters of the present address and keeps the others; undefined or "" removes one. It
 * adds no step to the history, so that Back leaves the page.
 */
export function setQuery(changes: Record<string, string | undefined>): void {
  const { parts, query } = present.value;
  const hash = hrefOf(parts, { ...query, ...changes });
  history.replaceState(null, "", hash);
  present.value = parse(hash);
}
