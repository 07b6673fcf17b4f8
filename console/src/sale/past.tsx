import { useState } from "preact/hooks";
import { t } from "../i18n";
import { api } from "../lib/api";
import { serverNow } from "../lib/clock";
import { dash, number } from "../lib/format";
import { useResource } from "../lib/resource";
import { hrefOf } from "../lib/router";
import type { Product } from "../lib/types";
import { Button, Card, Empty, Loaded, Table, Time } from "../ui";
import { nameOf } from "./bits";
import { matches, stateOf } from "./state";

/** page is how many products one question asks for. */
const page = 100;

/** PastSales lists the sales that have ended, the highest number first. */
export function PastSales({ search }: { search: string }) {
  const { sales, common } = t();
  const [pages, setPages] = useState(1);
  const products = useResource(`products/${pages}`, (signal) => firstPages(pages, signal), { every: 30_000 });
  return (
    <Card title={sales.past} flush>
      <Loaded of={products}>
        {({ items, more }) => (
          <div class="past">
            <PastTable products={items.filter((p) => stateOf(p, serverNow()) === "ended" && matches(p, search))} />
            {more && (
              <p class="more">
                <Button busy={products.loading} onClick={() => setPages(pages + 1)}>
                  {common.more}
                </Button>
              </p>
            )}
          </div>
        )}
      </Loaded>
    </Card>
  );
}

async function firstPages(pages: number, signal: AbortSignal): Promise<{ items: Product[]; more: boolean }> {
  const items: Product[] = [];
  let cursor = "";
  for (let n = 0; n < pages && (n === 0 || cursor !== ""); n++) {
    const answer = await api.products({ limit: page, cursor, signal });
    items.push(...answer.items);
    cursor = answer.nextCursor;
  }
  return { items, more: cursor !== "" };
}

function PastTable({ products }: { products: readonly Product[] }) {
  const { sales, common } = t();
  if (products.length === 0) return <Empty title={sales.pastNone} />;
  const head = [common.product, sales.begun, sales.ended, sales.sold, sales.total];
  return (
    <Table caption={sales.past} head={head} numeric={[3, 4]}>
      {products.map((p) => (
        <tr key={p.productId}>
          <th scope="row">
            <a href={hrefOf(["sales", p.productId])}>{nameOf(p)}</a>{" "}
            <span class="muted small">{sales.number(p.productId)}</span>
          </th>
          <td>{p.startsAt ? <Time at={p.startsAt} /> : dash}</td>
          <td>
            <Time at={endOf(p)} />
          </td>
          <td class="n">{number(soldOf(p))}</td>
          <td class="n">{number(p.stockTotal)}</td>
        </tr>
      ))}
    </Table>
  );
}

// A sale ends by the clock, or, before that, by an operator's word, after which nothing changes it.
function endOf({ status, endsAt, updatedAt }: Product): string {
  if (!endsAt || (status === "ENDED" && updatedAt < endsAt)) return updatedAt;
  return endsAt;
}

function soldOf({ stockTotal, stockLeft }: Product): number | undefined {
  return stockTotal === undefined || stockLeft === undefined ? undefined : stockTotal - stockLeft;
}
