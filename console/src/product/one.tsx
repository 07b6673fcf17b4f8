import { useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api, live } from "../lib/api";
import { duration, number } from "../lib/format";
import { useResource } from "../lib/resource";
import { go, hrefOf } from "../lib/router";
import type { Id, Product } from "../lib/types";
import { useFeed } from "../lib/use_feed";
import { ActBar } from "../sale/acts";
import { Countdown, nameOf, StateBadge } from "../sale/bits";
import { SaleLinks } from "../sale/links";
import { Button, Card, Confirm, KeyValues, Loaded, PageHead } from "../ui";
import { ProductForm } from "./form";
import { isMissing, NoSuchProduct } from "./missing";
import { Zoned } from "./zoned";

/** useProduct asks for a product, again every few seconds unless it is being edited. */
function useProduct(id: Id, every?: number) {
  return useResource(`product/${id}`, (signal) => api.product(id, signal), { every });
}

/** ChangeProduct changes a product that there is. */
export function ChangeProduct({ id }: { id: Id }) {
  const product = useProduct(id);
  if (isMissing(product.error)) return <NoSuchProduct />;
  return <Loaded of={product}>{(before) => <ProductForm key={before.productId} before={before} />}</Loaded>;
}

/** OneProduct shows a product, and what can be done to it. */
export function OneProduct({ id }: { id: Id }) {
  const { product: texts, sales } = t();
  const feed = useFeed(live.product(id));
  const product = useProduct(id, 5000);
  const [deleting, setDeleting] = useState(false);
  if (isMissing(product.error)) return <NoSuchProduct />;
  const known = product.data;
  const name = known ? nameOf(known) : sales.unnamed(id);
  const ended = known?.status === "ENDED";
  return (
    <div class="stack">
      <PageHead
        title={name}
        lead={known && <Lead product={known} />}
        up={{ href: hrefOf(["products"]), text: texts.title }}
      >
        <Button
          icon="edit"
          action="product.change"
          reason={ended ? texts.endedFinal : undefined}
          onClick={() => go(["products", id, "change"])}
        >
          {texts.change}
        </Button>
        <ActBar id={id} feed={feed} onDone={product.refresh} />
        <Button
          icon="close"
          action="product.delete"
          reason={ended ? undefined : texts.onlyEnded}
          onClick={() => setDeleting(true)}
        >
          {texts.delete}
        </Button>
      </PageHead>
      <Loaded of={product} rows={8}>
        {(shown) => <Facts product={shown} />}
      </Loaded>
      {deleting && <DeleteDialog id={id} name={name} onClose={() => setDeleting(false)} />}
    </div>
  );
}

function Lead({ product }: { product: Product }) {
  return (
    <span class="sale-head">
      <span>{t().sales.number(product.productId)}</span>
      <StateBadge sample={product} />
      <Countdown sale={product} />
    </span>
  );
}

function Facts({ product }: { product: Product }) {
  const { product: texts } = t();
  const { mode, stockTotal, stockLeft, perUserLimit, startsAt, endsAt, paymentWindowSeconds } = product;
  const settled = mode === "SETTLE";
  return (
    <div class="columns">
      <Card title={texts.facts}>
        <KeyValues
          items={[
            [
              texts.mode,
              <span key="mode" class="block">
                {texts.modes[mode]}
                <small class="muted block">{texts.modeHints[mode]}</small>
              </span>,
            ],
            settled ? [texts.fields.stockTotal, number(stockTotal)] : undefined,
            settled ? [texts.left, number(stockLeft)] : undefined,
            [texts.fields.perUserLimit, perUserLimit === 0 ? texts.noLimit : number(perUserLimit)],
            [texts.fields.startsAt, startsAt ? <Zoned key="starts" at={startsAt} relative /> : texts.always],
            [texts.fields.endsAt, endsAt ? <Zoned key="ends" at={endsAt} relative /> : texts.never],
            [
              texts.fields.paymentWindowSeconds,
              paymentWindowSeconds ? duration(paymentWindowSeconds * 1000) : texts.noPayment,
            ],
          ]}
        />
      </Card>
      <Card title={texts.history}>
        <div class="stack">
          <KeyValues
            items={[
              [texts.created, <Zoned key="created" at={product.createdAt} relative />],
              [texts.updated, <Zoned key="updated" at={product.updatedAt} relative />],
            ]}
          />
          <SaleLinks id={product.productId} of="products" />
        </div>
      </Card>
    </div>
  );
}

function DeleteDialog({ id, name, onClose }: { id: Id; name: string; onClose(): void }) {
  const { product: texts } = t();
  const run = async () => {
    await api.deleteProduct(id);
    toast("ok", texts.deleted(name));
    go(["products"]);
  };
  return (
    <Confirm title={texts.deleteTitle(name)} act={texts.delete} typed={id} danger run={run} onClose={onClose}>
      <p>{texts.deleteText}</p>
    </Confirm>
  );
}
