import type { Paging } from "./api";
import type { Page } from "./types";

/** pageSize is the most items of a page. */
const pageSize = 100;
/** most is how many items a list is read to: more than anybody reads, and few enough for a page. */
export const most = 2000;

/** everything reads a list to its end, or to the most items that a page shows. */
export async function everything<T>(ask: (paging: Paging) => Promise<Page<T>>, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined && items.length < most; ) {
    const page: Page<T> = await ask({ limit: pageSize, cursor, signal });
    items.push(...page.items);
    cursor = page.nextCursor || undefined;
  }
  return items;
}
