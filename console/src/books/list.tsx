import { useComputed } from "@preact/signals";
import { t } from "../i18n";
import { api, live } from "../lib/api";
import { everything } from "../lib/everything";
import { dash, number } from "../lib/format";
import { useResource } from "../lib/resource";
import { hrefOf, type Query } from "../lib/router";
import type { Product } from "../lib/types";
import { useFeed } from "../lib/use_feed";
import { nameOf } from "../sale/bits";
import { Standing } from "../sale/standing";
import { matches } from "../sale/state";
import { Badge, Card, Empty, FilterBar, Loaded, PageHead, Table } from "../ui";
import { signed } from "./equation";
import { gateOf, verdictOf } from "./equations";

/** BooksList is the books of all products in short. */
export function BooksList({ query }: { query: Query }) {
  const { books, product } = t();
  const feed = useFeed(live.overview);
  const products = useResource("products", (signal) => everything((p) => api.products(p), signal), { every: 30_000 });
  return (
    <div class="stack">
      <PageHead title={books.title} lead={books.lead} />
      <Standing feed={feed} />
      <FilterBar query={query} fields={[{ name: "q", label: product.find, kind: "search" }]} />
      <Card flush>
        <Loaded of={products} rows={6}>
          {(all) => <BooksTable products={all.filter((p) => matches(p, query.q ?? ""))} any={all.length > 0} />}
        </Loaded>
      </Card>
    </div>
  );
}

function BooksTable({ products, any }: { products: readonly Product[]; any: boolean }) {
  const { books, common, product: texts } = t();
  if (products.length === 0) return <Empty icon="books" title={any ? texts.nothingFound : texts.none} />;
  const { stockTotal, stockLeft, liveOrders, redisLeft, inFlight, pendingMoves } = books.terms;
  return (
    <Table
      caption={books.title}
      head={[common.product, books.verdict, stockTotal, stockLeft, liveOrders, redisLeft, inFlight, pendingMoves]}
      numeric={[2, 3, 4, 5, 6, 7]}
    >
      {products.map((product) => (
        <tr key={product.productId}>
          <th scope="row">
            <a href={hrefOf(["books", product.productId])}>{nameOf(product)}</a>
            <small class="mono muted block">{product.productId}</small>
          </th>
          <LiveCells product={product} />
        </tr>
      ))}
    </Table>
  );
}

/** LiveCells follow the overview; of a product that is not in it they show what is known, and no drift. */
function LiveCells({ product }: { product: Product }) {
  const { books, product: texts } = t();
  const feed = live.overview;
  const sample = useComputed(() =>
    feed.latest.value?.products.find((one) => one.productId === product.productId),
  ).value;
  if (product.mode === "RECORD") {
    return (
      <>
        <td>
          <Badge>{texts.modes.RECORD}</Badge>
        </td>
        <td colSpan={6} />
      </>
    );
  }
  const terms = sample ?? product;
  const verdict = sample ? verdictOf(sample) : "unknown";
  const off = sample && (gateOf(sample).off || sample.drift);
  const fresh = feed.stale.value ? "n stale" : "n";
  return (
    <>
      <td>
        {verdict === "unknown" ? (
          <span class="muted">{dash}</span>
        ) : (
          <Badge tone={verdict === "balanced" ? "ok" : "bad"}>
            {verdict === "balanced" ? books.verdicts.balanced : signed(off ?? 0)}
          </Badge>
        )}
      </td>
      <td class={fresh}>{number(terms.stockTotal)}</td>
      <td class={fresh}>{number(terms.stockLeft)}</td>
      <td class={fresh}>{number(sample?.liveOrders)}</td>
      <td class={fresh}>{number(sample?.redisLeft)}</td>
      <td class={fresh}>{number(sample?.inFlight)}</td>
      <td class={fresh}>{number(sample?.pendingMoves)}</td>
    </>
  );
}
