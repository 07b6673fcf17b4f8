import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { EquationLine, signed } from "../books/equation";
import { databaseOf, gateOf, type Terms, verdictOf } from "../books/equations";
import { BooksList } from "../books/list";
import { RepairDialog } from "../books/repair";
import { t } from "../i18n";
import { api, live } from "../lib/api";
import { number } from "../lib/format";
import type { ProductFeed } from "../lib/live";
import { type Resource, useResource } from "../lib/resource";
import { hrefOf } from "../lib/router";
import type { Books as Accounts, LogStatus, OrderStatus } from "../lib/types";
import { useFeed } from "../lib/use_feed";
import { isMissing, NoSuchProduct } from "../product/missing";
import { StateBadge } from "../sale/bits";
import { AsOf, Standing } from "../sale/standing";
import { Badge, Button, Card, Empty, Icon, Loaded, PageHead, Table } from "../ui";
import type { PageProps } from ".";

/** Books shows whether stock, orders and the gate of a product add up, and repairs the gate. */
export default function Books({ args, query }: PageProps) {
  return args[0] ? <OneBook key={args[0]} id={args[0]} /> : <BooksList query={query} />;
}

function OneBook({ id }: { id: string }) {
  const { books, sale, sales } = t();
  const feed = useFeed(live.product(id));
  const asked = useResource(`books/${id}`, (signal) => api.books(id, signal), { every: 5000 });
  const [repairing, setRepairing] = useState(false);
  const name = useComputed(() => feed.latest.value?.name ?? "").value || sales.unnamed(id);
  if (isMissing(asked.error)) return <NoSuchProduct />;
  const recordOnly = asked.data !== undefined && asked.data.stockTotal === undefined;
  return (
    <div class="stack">
      <PageHead title={books.of(name)} lead={<Lead id={id} feed={feed} />} up={{ href: "#/books", text: books.title }}>
        <a class="button" href={hrefOf(["sales", id])}>
          {sale.title}
        </a>
        <a class="button" href={hrefOf(["audit"], { target: `product:${id}`, action: "books.repair" })}>
          {books.audit}
        </a>
        <Button
          icon="edit"
          action="books.repair"
          reason={recordOnly ? sale.hindrances.recordOnly : undefined}
          onClick={() => setRepairing(true)}
        >
          {books.repair}
        </Button>
      </PageHead>
      <Standing feed={feed} />
      {recordOnly && (
        <Empty icon="books" title={books.recordOnlyTitle}>
          <p>{books.recordOnlyText}</p>
        </Empty>
      )}
      {!recordOnly && <LiveBooks feed={feed} asked={asked} />}
      <Loaded of={asked} rows={6}>
        {(accounts) => (
          <Card title={books.counts}>
            <div class="columns">
              {!recordOnly && <OrderCounts accounts={accounts} />}
              <AttemptCounts accounts={accounts} />
            </div>
          </Card>
        )}
      </Loaded>
      {repairing && <RepairDialog id={id} name={name} onDone={asked.refresh} onClose={() => setRepairing(false)} />}
    </div>
  );
}

function Lead({ id, feed }: { id: string; feed: ProductFeed }) {
  const sample = feed.latest.value;
  return (
    <span class="sale-head">
      <span>{t().sales.number(id)}</span>
      {sample && <StateBadge sample={sample} />}
      <AsOf feed={feed} />
    </span>
  );
}

/** termsOf are the terms of the live sample, and until there is one, those of the books asked for. */
function termsOf(feed: ProductFeed, asked: Accounts | undefined): Terms | undefined {
  return feed.latest.value ?? asked;
}

function LiveBooks({ feed, asked }: { feed: ProductFeed; asked: Resource<Accounts> }) {
  const { books } = t();
  const terms = termsOf(feed, asked.data);
  if (!terms) return null;
  const redisAway = feed.latest.value?.missing.includes("redis");
  return (
    <div class={feed.stale.value ? "stack stale" : "stack"}>
      <VerdictCard terms={terms} />
      <Card title={books.database} aside={books.databaseText}>
        <EquationLine kind="database" terms={terms} />
      </Card>
      <Card title={books.gate} aside={books.gateText}>
        <EquationLine kind="gate" terms={terms} />
        {terms.redisLeft === undefined && terms.stockLeft !== undefined && !redisAway && (
          <p class="muted">{books.gateShut}</p>
        )}
      </Card>
    </div>
  );
}

function VerdictCard({ terms }: { terms: Terms }) {
  const { books, common } = t();
  const verdict = verdictOf(terms);
  const wrong = verdict !== "balanced" && verdict !== "unknown";
  const off = gateOf(terms).off || databaseOf(terms).off;
  return (
    <section class={`card verdict ${wrong ? "bad" : verdict === "balanced" ? "ok" : ""}`}>
      <p class="figure">
        <span class="name">{books.verdict}</span>
        <span class="value">{verdict === "unknown" && !off ? number(undefined) : signed(off ?? 0)}</span>
      </p>
      <div class="stack">
        <h2>
          <Badge tone={wrong ? "bad" : verdict === "balanced" ? "ok" : "neutral"}>{books.verdicts[verdict]}</Badge>
        </h2>
        <p>{books.texts[verdict]}</p>
        {wrong && (
          <a class="with-icon" href={hrefOf(["runbooks", "SeckillBooksDrift"])}>
            <Icon name="runbooks" />
            {common.runbook}
          </a>
        )}
      </div>
    </section>
  );
}

const orderStates: readonly OrderStatus[] = ["PENDING_PAYMENT", "PAID", "CONFIRMED", "CANCELLED", "EXPIRED"];
const holding: readonly OrderStatus[] = ["PENDING_PAYMENT", "PAID", "CONFIRMED"];
const attemptStates: readonly LogStatus[] = ["PROCESSING", "SUCCESS", "FAILED"];

function OrderCounts({ accounts }: { accounts: Accounts }) {
  const { books, common } = t();
  return (
    <Table caption={books.ordersByStatus} head={[books.ordersByStatus, books.holdsUnit, books.count]} numeric={[2]}>
      {orderStates.map((status) => (
        <tr key={status}>
          <th scope="row">{books.orderStates[status]}</th>
          <td>{holding.includes(status) ? common.yes : common.no}</td>
          <td class="n">{number(accounts.ordersByStatus[status] ?? 0)}</td>
        </tr>
      ))}
    </Table>
  );
}

function AttemptCounts({ accounts }: { accounts: Accounts }) {
  const { books } = t();
  return (
    <Table caption={books.attemptsByStatus} head={[books.attemptsByStatus, books.count]} numeric={[1]}>
      {attemptStates.map((status) => (
        <tr key={status}>
          <th scope="row">{books.attemptStates[status]}</th>
          <td class="n">{number(accounts.logsByStatus[status] ?? 0)}</td>
        </tr>
      ))}
    </Table>
  );
}
