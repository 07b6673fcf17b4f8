import { t } from "../i18n";
import { api } from "../lib/api";
import { useResource } from "../lib/resource";
import { hrefOf } from "../lib/router";
import type { Id, LetterDetail, Log, Order } from "../lib/types";
import { Badge, Button, Card, Empty, KeyValues, Loaded, PageHead, Time } from "../ui";
import { Arrival, Payment, SaleLink, StatusBadge, UserLink } from "./bits";
import { OrderActs } from "./order_acts";
import { Steps } from "./steps";
import { type Known, stepsOf } from "./timeline";

/** Attempt is one attempt: its way, what is stored of it, and its order. */
export function Attempt({ productId, streamId }: { productId: Id; streamId: string }) {
  const { attempts, common } = t();
  const known = useResource(`attempt/${productId}/${streamId}`, (signal) => look(productId, streamId, signal));
  return (
    <>
      <PageHead title={attempts.attempt(streamId)} up={{ href: hrefOf(["attempts"]), text: attempts.title }}>
        <Button icon="refresh" busy={known.loading} onClick={known.refresh}>
          {common.refresh}
        </Button>
      </PageHead>
      <Loaded of={known} rows={8}>
        {(data) => (
          <div class="split">
            <Card title={attempts.way}>
              {data.log || data.letters.length > 0 ? (
                <Steps steps={stepsOf(data)} />
              ) : (
                <Nothing productId={productId} />
              )}
            </Card>
            <div class="stack">
              {data.log && <Facts log={data.log} />}
              {data.order && <OrderCard order={data.order} refresh={known.refresh} />}
              {data.letters.length > 0 && <LetterLinks letters={data.letters} />}
            </div>
          </div>
        )}
      </Loaded>
    </>
  );
}

/** look asks for all that is stored of one entry. */
async function look(productId: Id, streamId: string, signal: AbortSignal): Promise<Known> {
  const filter = { productId, streamId };
  const [logs, orders, letters] = await Promise.all([
    api.logs(filter, { signal }),
    api.orders(filter, { signal }),
    api.letters(filter, { signal }),
  ]);
  const order = orders.items[0];
  const [details, acts] = await Promise.all([
    Promise.all(letters.items.map(({ id }) => api.letter(id, signal))),
    order ? api.audit({ target: `order:${order.orderId}` }, { limit: 100, signal }) : undefined,
  ]);
  return { streamId, log: logs.items[0], order, letters: details, acts: acts?.items ?? [] };
}

function Facts({ log }: { log: Log }) {
  const { attempts } = t();
  return (
    <Card title={attempts.facts} aside={<StatusBadge status={log.status} />}>
      <KeyValues
        items={[
          [attempts.product, <SaleLink key="product" id={log.productId} />],
          [attempts.user, <UserLink key="user" id={log.userId} />],
          log.reason ? [attempts.reason, <code key="reason">{log.reason}</code>] : undefined,
          log.requestId ? [attempts.requestId, <code key="request">{log.requestId}</code>] : undefined,
          [attempts.arrived, <Arrival key="arrived" streamId={log.streamId} />],
          log.eventAt ? [attempts.sentAt, <Time key="sent" at={log.eventAt} />] : undefined,
          [attempts.stored, <Time key="stored" at={log.createdAt} />],
        ]}
      />
    </Card>
  );
}

function OrderCard({ order, refresh }: { order: Order; refresh(): void }) {
  const { attempts } = t();
  const audit = hrefOf(["audit"], { target: `order:${order.orderId}` });
  return (
    <Card title={attempts.orderFacts} aside={<StatusBadge status={order.status} />}>
      <div class="stack">
        <KeyValues
          items={[
            [attempts.number, <code key="number">{order.orderId}</code>],
            [attempts.created, <Time key="made" at={order.createdAt} />],
            order.paidAt || order.status === "PENDING_PAYMENT"
              ? [attempts.payment, <Payment key="payment" order={order} />]
              : undefined,
            [attempts.updated, <Time key="updated" at={order.updatedAt} />],
          ]}
        />
        <div class="row">
          <OrderActs order={order} onDone={refresh} />
          <a href={audit}>{attempts.toAudit}</a>
        </div>
      </div>
    </Card>
  );
}

function LetterLinks({ letters }: { letters: readonly LetterDetail[] }) {
  const texts = t();
  return (
    <Card title={texts.attempts.letters}>
      <ul class="stack tight">
        {letters.map((letter) => (
          <li key={letter.id} class="row">
            <a href={hrefOf(["dead-letters", letter.id])}>{texts.attempts.letter(letter.id)}</a>
            <code>{letter.reason}</code>
            <Badge tone={letter.status === "OPEN" ? "warn" : "neutral"}>{texts.letters.statuses[letter.status]}</Badge>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Nothing({ productId }: { productId: Id }) {
  const { attempts } = t();
  return (
    <Empty title={attempts.nothingStored}>
      <p>{attempts.nothingStoredText}</p>
      <a class="button" href={hrefOf(["streams", productId])}>
        {attempts.toStream}
      </a>
    </Empty>
  );
}
