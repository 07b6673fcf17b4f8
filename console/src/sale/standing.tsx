// What a live page says about its own liveness: the connection, and servers that are away.

import { t } from "../i18n";
import { listOf, timeOf } from "../lib/format";
import type { Feed } from "../lib/live";
import type { Server } from "../lib/types";
import { Notice, Problem } from "../ui";

/** Standing says that a feed is old, was refused, or that a server cannot be looked at; else nothing. */
export function Standing({ feed }: { feed: Feed<{ at: string; missing: Server[] }> }) {
  const { sales } = t();
  const said = feed.latest.value;
  const error = feed.error.value;
  return (
    <div class="standing">
      {error && error.status !== 401 && <Problem error={error} />}
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

/** AsOf says of when the numbers are, once they are old. */
export function AsOf({ feed }: { feed: Feed<{ at: string }> }) {
  const said = feed.latest.value;
  if (!said || !feed.stale.value) return null;
  return <span class="as-of">{t().common.asOf(timeOf(said.at))}</span>;
}
