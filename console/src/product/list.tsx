import { t } from "../i18n";
import { api } from "../lib/api";
import { serverNow } from "../lib/clock";
import { everything, most } from "../lib/everything";
import { number } from "../lib/format";
import { useResource } from "../lib/resource";
import { go, hrefOf, type Query } from "../lib/router";
import type { Product } from "../lib/types";
import { nameOf, StateBadge } from "../sale/bits";
import { saleStates } from "../sale/state";
import { Button, Card, Empty, FilterBar, type FilterField, Loaded, PageHead, Table } from "../ui";
import { filterOf, fits } from "./filter";
import { Zoned } from "./zoned";

/** ProductList lists the products, the highest number first. */
export function ProductList({ query }: { query: Query }) {
  const { product: texts } = t();
  const products = useResource("products", (signal) => everything((p) => api.products(p), signal), { every: 15_000 });
  const filter = filterOf(query);
  return (
    <div class="stack">
      <PageHead title={texts.title} lead={texts.lead}>
        <Button kind="primary" icon="plus" action="product.create" onClick={() => go(["products", "new"])}>
          {texts.add}
        </Button>
      </PageHead>
      <FilterBar query={query} fields={filters()} />
      <Card flush>
        <Loaded of={products} rows={6}>
          {(all) => <ProductTable products={all.filter((p) => fits(p, filter, serverNow()))} any={all.length > 0} />}
        </Loaded>
      </Card>
      {(products.data?.length ?? 0) >= most && <p class="muted">{texts.capped(number(most))}</p>}
    </div>
  );
}

function filters(): FilterField[] {
  const { product: texts, sales } = t();
  return [
    { name: "q", label: texts.find, kind: "search" },
    {
      name: "state",
      label: texts.state,
      options: [
        { value: "", text: texts.anyState },
        ...saleStates.map((value) => ({ value, text: sales.states[value] })),
      ],
    },
    {
      name: "mode",
      label: texts.mode,
      options: [
        { value: "", text: texts.anyMode },
        { value: "SETTLE", text: texts.modes.SETTLE },
        { value: "RECORD", text: texts.modes.RECORD },
      ],
    },
  ];
}

function ProductTable({ products, any }: { products: readonly Product[]; any: boolean }) {
  const { product: texts, common } = t();
  if (products.length === 0) {
    return (
      <Empty icon="product" title={any ? texts.nothingFound : texts.none}>
        {!any && <p>{texts.noneText}</p>}
      </Empty>
    );
  }
  const { stockTotal, perUserLimit, startsAt, endsAt } = texts.fields;
  const head = [common.product, texts.state, texts.mode, stockTotal, texts.left, perUserLimit, startsAt, endsAt];
  return (
    <Table caption={texts.title} head={head} numeric={[3, 4, 5]}>
      {products.map((product) => (
        <ProductRow key={product.productId} product={product} />
      ))}
    </Table>
  );
}

function ProductRow({ product }: { product: Product }) {
  const { product: texts } = t();
  const { productId, mode, stockTotal, stockLeft, perUserLimit, startsAt, endsAt } = product;
  return (
    <tr>
      <th scope="row">
        <a href={hrefOf(["products", productId])}>{nameOf(product)}</a>
        <small class="mono muted block">{productId}</small>
      </th>
      <td>
        <StateBadge sample={product} />
      </td>
      <td class="nowrap">{texts.modes[mode]}</td>
      <td class="n">{number(stockTotal)}</td>
      <td class="n">{number(stockLeft)}</td>
      <td class="n">{perUserLimit === 0 ? texts.noLimit : number(perUserLimit)}</td>
      <td class="nowrap">{startsAt ? <Zoned at={startsAt} /> : <span class="muted">{texts.noTime}</span>}</td>
      <td class="nowrap">{endsAt ? <Zoned at={endsAt} /> : <span class="muted">{texts.noTime}</span>}</td>
    </tr>
  );
}
