import { useEffect } from "preact/hooks";
import type { Feed } from "./live";

/** useFeed listens to a feed while the component is shown, and gives it back; components read its signals. */
export function useFeed<F extends Feed<unknown>>(feed: F): F {
  useEffect(() => feed.watch(), [feed]);
  return feed;
}
