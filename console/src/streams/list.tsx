import { t } from "../i18n";
import { api } from "../lib/api";
import { everything } from "../lib/everything";
import { dash, decimal, duration, number } from "../lib/format";
import { useResource } from "../lib/resource";
import { hrefOf, type Query } from "../lib/router";
import type { Stream } from "../lib/types";
import { Badge, Card, Empty, FilterBar, Loaded, PageHead, Table } from "../ui";

/** StreamList lists the streams of all products, the highest product first. */
export function StreamList({ query }: { query: Query }) {
  const { streams: texts, product } = t();
  const streams = useResource("streams", (signal) => everything((p) => api.streams(p), signal), { every: 3000 });
  const wanted = (query.q ?? "").trim();
  return (
    <div class="stack">
      <PageHead title={texts.title} lead={texts.lead} />
      <FilterBar query={query} fields={[{ name: "q", label: product.number, kind: "search" }]} />
      <Card flush>
        <Loaded of={streams} rows={6}>
          {(all) => <StreamTable streams={all.filter((s) => s.stream.includes(wanted))} any={all.length > 0} />}
        </Loaded>
      </Card>
    </div>
  );
}

function StreamTable({ streams, any }: { streams: readonly Stream[]; any: boolean }) {
  const { streams: texts, product } = t();
  if (streams.length === 0) return <Empty icon="streams" title={any ? product.nothingFound : product.none} />;
  const head = [texts.stream, texts.length, texts.lag, texts.pending, texts.oldest, texts.rate, texts.consumers];
  return (
    <Table caption={texts.title} head={head} numeric={[1, 2, 3, 4, 5, 6]}>
      {streams.map((stream) => (
        <tr key={stream.productId}>
          <th scope="row">
            <a class="mono" href={hrefOf(["streams", stream.productId])}>
              {stream.stream}
            </a>
            <small class="muted block">{stream.group}</small>
          </th>
          <td class="n">{number(stream.length)}</td>
          <td class="n">
            {stream.lag === undefined ? <span title={texts.lagUnknown}>{dash}</span> : number(stream.lag)}
          </td>
          <td class="n">{number(stream.pending)}</td>
          <td class="n">{duration(stream.oldestPendingMs)}</td>
          <td class="n">{decimal(stream.entriesPerSecond)}</td>
          <td class="n">
            {stream.consumers.length > 0 ? number(stream.consumers.length) : <Badge tone="warn">{number(0)}</Badge>}
          </td>
        </tr>
      ))}
    </Table>
  );
}
