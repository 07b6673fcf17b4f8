import { t } from "../i18n";
import { api } from "../lib/api";
import { decimal, duration, number } from "../lib/format";
import { usePager } from "../lib/pager";
import { useResource } from "../lib/resource";
import { hrefOf } from "../lib/router";
import type { Id, PendingEntry, Stream } from "../lib/types";
import { isMissing, NoSuchProduct } from "../product/missing";
import { nameOf } from "../sale/bits";
import { Button, Card, Icon, KeyValues, Listing, Loaded, Notice, PageHead, Stat, Table, Time } from "../ui";

/** OneStream shows a product's stream: how much waits, who consumes it, and what is pending. */
export function OneStream({ id }: { id: Id }) {
  const { streams: texts, sale, sales } = t();
  const product = useResource(`product/${id}`, (signal) => api.product(id, signal));
  const stream = useResource(`stream/${id}`, (signal) => api.stream(id, signal), { every: 2000 });
  if (isMissing(stream.error)) return <NoSuchProduct />;
  return (
    <div class="stack">
      <PageHead
        title={texts.of(product.data ? nameOf(product.data) : sales.unnamed(id))}
        up={{ href: hrefOf(["streams"]), text: texts.title }}
      >
        <a class="button" href={hrefOf(["sales", id])}>
          {sale.title}
        </a>
        <a class="button" href={hrefOf(["dead-letters"], { productId: id })}>
          {texts.letters}
        </a>
      </PageHead>
      <Loaded of={stream} rows={6}>
        {(data) => <State stream={data} />}
      </Loaded>
      <Pending id={id} />
    </div>
  );
}

function State({ stream }: { stream: Stream }) {
  const { streams: texts } = t();
  return (
    <>
      <div class="stats">
        <Stat name={texts.length} value={number(stream.length)} />
        <Stat name={texts.lag} value={number(stream.lag)} note={stream.lag === undefined && texts.lagUnknown} />
        <Stat name={texts.pending} value={number(stream.pending)} note={texts.pendingNote} />
        <Stat name={texts.oldest} value={duration(stream.oldestPendingMs)} />
        <Stat name={texts.rate} value={decimal(stream.entriesPerSecond)} />
      </div>
      <div class="columns">
        <Card title={texts.consumers} flush>
          <Consumers stream={stream} />
        </Card>
        <Card title={texts.stream}>
          <KeyValues
            items={[
              [texts.stream, <code key="stream">{stream.stream}</code>],
              [texts.group, <code key="group">{stream.group}</code>],
              stream.lastDeliveredId
                ? [texts.lastDelivered, <code key="last">{stream.lastDeliveredId}</code>]
                : undefined,
            ]}
          />
        </Card>
      </div>
    </>
  );
}

function Consumers({ stream: { consumers } }: { stream: Stream }) {
  const { streams: texts, common } = t();
  if (consumers.length === 0) {
    return (
      <Notice tone="warn" title={texts.consumersNone}>
        <p>{texts.consumersNoneText}</p>
        <a class="with-icon" href={hrefOf(["runbooks", "SeckillNoConsumer"])}>
          <Icon name="runbooks" />
          {common.runbook}
        </a>
      </Notice>
    );
  }
  return (
    <Table caption={texts.consumers} head={[texts.consumer, texts.pending, texts.idle]} numeric={[1, 2]}>
      {consumers.map(({ name, pending, idleMs }) => (
        <tr key={name}>
          <th scope="row" class="mono">
            {name}
          </th>
          <td class="n">{number(pending)}</td>
          <td class="n">{duration(idleMs)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Pending({ id }: { id: Id }) {
  const { streams: texts, common } = t();
  const pending = usePager(`pending/${id}`, (paging) => api.pending(id, paging));
  return (
    <Card
      title={texts.pendingEntries}
      aside={
        <Button icon="refresh" busy={pending.loading} onClick={pending.refresh}>
          {common.refresh}
        </Button>
      }
      flush
    >
      <p class="muted inset">{texts.pendingText}</p>
      <Listing
        of={pending}
        caption={texts.pendingEntries}
        head={[texts.entry, texts.arrived, texts.consumer, texts.sinceDelivery, texts.deliveries]}
        numeric={[3, 4]}
        empty={{ title: texts.pendingNone, text: texts.pendingNoneText }}
        row={(entry) => <PendingRow key={entry.streamId} id={id} entry={entry} />}
      />
    </Card>
  );
}

function PendingRow({ id, entry: { streamId, consumer, idleMs, deliveries } }: { id: Id; entry: PendingEntry }) {
  return (
    <tr>
      <th scope="row">
        <a class="mono" href={hrefOf(["attempts"], { productId: id, streamId })}>
          {streamId}
        </a>
      </th>
      <td class="nowrap">
        <Time at={Number(streamId.split("-")[0])} />
      </td>
      <td class="mono">{consumer}</td>
      <td class="n">{duration(idleMs)}</td>
      <td class="n">{number(deliveries)}</td>
    </tr>
  );
}
