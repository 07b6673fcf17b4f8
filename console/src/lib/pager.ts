import { useEffect, useRef, useState } from "preact/hooks";
import type { Paging } from "./api";
import { type Resource, useResource } from "./resource";
import type { Page } from "./types";

/** Pager is a list, as far as it was asked for. */
export interface Pager<T> extends Resource<readonly T[]> {
  /** more asks for the next page; undefined at the end of the list. */
  more: (() => void) | undefined;
  /** fetching says that the next page was asked for. */
  fetching: boolean;
  /** problem is why the next page did not come. */
  problem: Error | undefined;
}

/** pageSize is how many items one question asks for. */
const pageSize = 50;

interface Further<T> {
  /** after is the page that these follow: once the list is asked for anew, they are dropped. */
  after: Page<T> | undefined;
  items: readonly T[];
  next: string;
  fetching: boolean;
  problem: Error | undefined;
}

/** usePager asks for a list page by page. Key and ask are those of useResource. */
export function usePager<T>(key: string | undefined, ask: (paging: Paging) => Promise<Page<T>>): Pager<T> {
  const first = useResource(key, (signal) => ask({ limit: pageSize, signal }));
  const [kept, setFurther] = useState<Further<T>>();
  const control = useRef<AbortController>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list calls off what was asked of this one
  useEffect(() => () => control.current?.abort(), [key, first.data]);
  const further =
    kept && kept.after === first.data
      ? kept
      : { after: first.data, items: [], next: first.data?.nextCursor ?? "", fetching: false, problem: undefined };
  const more = async () => {
    if (further.fetching) return;
    control.current = new AbortController();
    const { signal } = control.current;
    const before = { ...further, problem: undefined };
    setFurther({ ...before, fetching: true });
    try {
      const page = await ask({ limit: pageSize, cursor: before.next, signal });
      setFurther({ ...before, items: [...before.items, ...page.items], next: page.nextCursor });
    } catch (problem) {
      if (!signal.aborted) setFurther({ ...before, problem: problem as Error });
    }
  };
  return {
    ...first,
    data: first.data && [...first.data.items, ...further.items],
    more: further.next ? more : undefined,
    fetching: further.fetching,
    problem: further.problem,
  };
}
