import { useMemo } from "preact/hooks";
import { Attempt } from "../attempts/attempt";
import { Arrival, hrefOfAttempt, Payment, SaleLink, StatusBadge, UserLink } from "../attempts/bits";
import { OrderExport } from "../attempts/export";
import { type By, searchOf } from "../attempts/search";
import { t } from "../i18n";
import { api } from "../lib/api";
import { duration } from "../lib/format";
import { usePager } from "../lib/pager";
import { useResource } from "../lib/resource";
import { hrefOf, type Query } from "../lib/router";
import type { Id, LogFilter, LogStatus, OrderFilter, OrderStatus } from "../lib/types";
import {
  Button,
  Card,
  Empty,
  FilterBar,
  type FilterField,
  Listing,
  Notice,
  PageHead,
  Problem,
  Skeleton,
  Tabs,
  Time,
} from "../ui";
import type { PageProps } from ".";

const logStatuses: readonly LogStatus[] = ["PROCESSING", "SUCCESS", "FAILED"];
const orderStatuses: readonly OrderStatus[] = ["PENDING_PAYMENT", "PAID", "CONFIRMED", "CANCELLED", "EXPIRED"];
const kinds: readonly By[] = ["", "user", "order", "stream", "request"];

/** requestTime is how far back a request ID is looked for when nothing else is said, in milliseconds. */
const requestTime = 24 * 3_600_000;

/** Attempts lists attempts (#/attempts) or orders (#/attempts/orders), or shows one (#/attempts/2001/1764194400000-0). */
export default function Attempts({ args, query }: PageProps) {
  const { attempts: texts } = t();
  const [product, streamId] = args;
  if (product !== undefined && streamId !== undefined) return <Attempt productId={product} streamId={streamId} />;
  const orders = product === "orders";
  return (
    <>
      <PageHead title={texts.title} />
      <Tabs
        label={texts.tabs}
        tabs={[
          { href: hrefOf(["attempts"]), text: texts.attempts, current: !orders },
          { href: hrefOf(["attempts", "orders"]), text: texts.orders, current: orders },
        ]}
      />
      {orders ? <OrderList query={query} /> : <AttemptList query={query} />}
    </>
  );
}

function AttemptList({ query }: { query: Query }) {
  const { attempts: texts, common } = t();
  const search = useMemo(() => searchOf(query.q ?? "", (query.by ?? "") as By), [query.q, query.by]);
  const fields: FilterField[] = [
    { name: "q", label: texts.searchFor, kind: "search" },
    { name: "by", label: texts.searchIn, options: kinds.map((value) => ({ value, text: texts.by[value] })) },
    { name: "product", label: texts.product, kind: "id" },
    { name: "status", label: texts.status, options: optionsOf(logStatuses) },
    { name: "from", label: texts.from, kind: "time", more: true },
    { name: "to", label: texts.to, kind: "time", more: true },
  ];
  const filter = (): LogFilter => ({
    ...search.logs,
    productId: query.product,
    status: query.status as LogStatus | undefined,
    from: query.from ?? (search.bounded ? new Date(Date.now() - requestTime).toISOString() : undefined),
    to: query.to,
  });
  const list = usePager(search.logs && JSON.stringify(["logs", search.logs, query]), (paging) =>
    api.logs(filter(), paging),
  );
  return (
    <div class="stack">
      <FilterBar query={query} fields={fields} />
      {search.bounded && !query.from && <Notice tone="info" title={texts.requestNote(duration(requestTime))} />}
      {search.orderId && <OrderOf id={search.orderId} sole={!search.logs} />}
      {search.logs && (
        <Card title={texts.attempts} aside={<Refresh of={list} />} flush>
          <Listing
            of={list}
            caption={texts.attempts}
            head={[texts.arrived, texts.streamId, texts.product, texts.user, texts.status, texts.requestId]}
            empty={{ title: texts.noAttempts, text: texts.noAttemptsText }}
            row={(log) => (
              <tr key={`${log.productId}/${log.streamId}`}>
                <td class="nowrap">
                  <Arrival streamId={log.streamId} />
                </td>
                <th scope="row" class="mono">
                  <a href={hrefOfAttempt(log)}>{log.streamId}</a>
                </th>
                <td>
                  <SaleLink id={log.productId} />
                </td>
                <td>
                  <UserLink id={log.userId} />
                </td>
                <td>
                  <span class="row">
                    <StatusBadge status={log.status} />
                    {log.reason && <code>{log.reason}</code>}
                  </span>
                </td>
                <td class="mono">{log.requestId ?? <span class="muted">{common.none}</span>}</td>
              </tr>
            )}
          />
        </Card>
      )}
    </div>
  );
}

function OrderList({ query }: { query: Query }) {
  const { attempts: texts } = t();
  const filter: OrderFilter = {
    userId: query.user,
    productId: query.product,
    status: query.status as OrderStatus | undefined,
    paymentRef: query.ref,
    from: query.from,
    to: query.to,
  };
  const fields: FilterField[] = [
    { name: "user", label: texts.user, kind: "search" },
    { name: "product", label: texts.product, kind: "id" },
    { name: "status", label: texts.status, options: optionsOf(orderStatuses) },
    { name: "ref", label: texts.paymentRef },
    { name: "from", label: texts.madeFrom, kind: "time", more: true },
    { name: "to", label: texts.madeTo, kind: "time", more: true },
  ];
  const list = usePager(JSON.stringify(["orders", filter]), (paging) => api.orders(filter, paging));
  return (
    <div class="stack">
      <FilterBar query={query} fields={fields} />
      <Card
        title={texts.orders}
        aside={
          <>
            <OrderExport filter={filter} />
            <Refresh of={list} />
          </>
        }
        flush
      >
        <Listing
          of={list}
          caption={texts.orders}
          head={[texts.created, texts.number, texts.product, texts.user, texts.status, texts.payment]}
          empty={{ title: texts.noOrders }}
          row={(order) => (
            <tr key={order.orderId}>
              <td class="nowrap">
                <Time at={order.createdAt} />
              </td>
              <th scope="row" class="mono">
                <a href={hrefOfAttempt(order)}>{order.orderId}</a>
              </th>
              <td>
                <SaleLink id={order.productId} />
              </td>
              <td>
                <UserLink id={order.userId} />
              </td>
              <td>
                <StatusBadge status={order.status} />
              </td>
              <td>
                <Payment order={order} />
              </td>
            </tr>
          )}
        />
      </Card>
    </div>
  );
}

/** OrderOf says whether a number is an order's; sole says that nothing else was searched for. */
function OrderOf({ id, sole }: { id: Id; sole: boolean }) {
  const { attempts: texts, common } = t();
  const { data, error, refresh } = useResource(`order/${id}`, (signal) => api.orders({ orderId: id }, { signal }));
  const order = data?.items[0];
  if (order) {
    return (
      <Notice tone="ok" title={texts.orderFound}>
        <span class="row">
          <StatusBadge status={order.status} />
          <a href={hrefOfAttempt(order)}>{texts.showOrder}</a>
        </span>
      </Notice>
    );
  }
  if (!sole) return null;
  if (error) return <Problem error={error} retry={refresh} />;
  return data ? <Empty title={texts.noOrder} /> : <Skeleton rows={1} label={common.loading} />;
}

function Refresh({ of: { loading, refresh } }: { of: { loading: boolean; refresh(): void } }) {
  return (
    <Button kind="quiet" icon="refresh" busy={loading} onClick={refresh}>
      {t().common.refresh}
    </Button>
  );
}

function optionsOf(statuses: readonly (LogStatus | OrderStatus)[]) {
  const { attempts: texts, common } = t();
  return [{ value: "", text: common.all }, ...statuses.map((value) => ({ value, text: texts.statuses[value] }))];
}
