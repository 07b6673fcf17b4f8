// What a live page says about its own liveness: the connection, and servers that are away.

import { t } from "../i18n";
import { listOf, timeOf } from "../lib/format";
import type { Feed } from "../lib/live";
import type { Server } from "../lib/types";
import { Notice, Problem, Skeleton } from "../ui";

/** Standing says that a feed is old, was refused, or that a server cannot be looked at; else nothing. */
export function Standing({ feed }: { feed: Feed<{ at: string; missing: Server[] }> }) {
  const { sales, common } = t();
  const said = feed.latest.value;
  const error = feed.error.value;
  return (
    <div class="standing">
      {error && error.status !== 401 && <Problem error={error} />}
      {!said && feed.lost.value && (
        <Notice tone="bad" title={common.unavailable}>
          <p>{sales.trying}</p>
        </Notice>
      )}
      {said && feed.stale.value && (
        <Notice tone="warn" title={sales.lost}>
          <p>{sales.lostText(timeOf(said.at))}</p>
        </Notice>
      )}
      {said && !feed.stale.value && said.missing.length > 0 && (
        <Notice tone="bad" title={sales.missing(listOf(said.missing.map((server) => sales.servers[server])))}>
          <p>{sales.missingText}</p>
        </Notice>
      )}
    </div>
  );
}

/** Awaited keeps the place of what a feed has not said yet, while it can be awaited. */
export function Awaited({ feed, rows }: { feed: Feed<unknown>; rows: number }) {
  if (feed.error.value || feed.lost.value) return null;
  return <Skeleton label={t().common.loading} rows={rows} />;
}

/** AsOf says of when the numbers are, once they are old. */
export function AsOf({ feed }: { feed: Feed<{ at: string }> }) {
  const said = feed.latest.value;
  if (!said || !feed.stale.value) return null;
  return <span class="as-of">{t().common.asOf(timeOf(said.at))}</span>;
}
