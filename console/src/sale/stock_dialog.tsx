import { useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api } from "../lib/api";
import { number } from "../lib/format";
import type { ProductFeed } from "../lib/live";
import type { Id } from "../lib/types";
import { Choice, Confirm, TextField } from "../ui";
import { deltaOf, faultOf, type StockFault, type StockWish } from "./stock_change";

/** StockDialog adds units to a sale, or withdraws some; a withdrawal asks for the product's number. */
export function StockDialog(props: { id: Id; feed: ProductFeed; onDone(): void; onClose(): void }) {
  const { id, feed, onDone, onClose } = props;
  const { sale, sales } = t();
  const [wish, setWish] = useState<StockWish>({ direction: "add", units: "", note: "" });
  const [tried, setTried] = useState(false);
  const left = feed.latest.value?.stockLeft;
  const fault = faultOf(wish, left);
  const text = (kind: StockFault) => (kind === "tooMany" ? sale.tooMany(number(left)) : sale[kind]);
  const run = async () => {
    setTried(true);
    const delta = deltaOf(wish);
    if (fault || delta === undefined) throw new Error(text(fault ?? "badUnits"));
    await api.restock(id, delta, wish.note.trim());
    toast("ok", delta > 0 ? sale.addDone(number(delta)) : sale.takeDone(number(-delta)));
    onDone();
  };
  return (
    <Confirm
      title={sale.stockTitle(feed.latest.peek()?.name || sales.unnamed(id))}
      act={wish.direction === "add" ? sale.addUnits : sale.takeUnits}
      typed={wish.direction === "take" ? id : undefined}
      danger={wish.direction === "take"}
      run={run}
      onClose={onClose}
    >
      <StockNow feed={feed} />
      <Fields
        feed={feed}
        wish={wish}
        onWish={setWish}
        wrong={(kind) => (tried && fault === kind ? text(kind) : undefined)}
      />
    </Confirm>
  );
}

interface FieldsProps {
  feed: ProductFeed;
  wish: StockWish;
  onWish(wish: StockWish): void;
  /** wrong is what to say of a fault, if that is what is wrong. */
  wrong(kind: StockFault): string | undefined;
}

function Fields({ feed, wish, onWish, wrong }: FieldsProps) {
  const { sale } = t();
  return (
    <>
      <Choice
        label={sale.direction}
        value={wish.direction}
        options={[
          { value: "add", text: sale.addUnits },
          { value: "take", text: sale.takeUnits },
        ]}
        onValue={(direction) => onWish({ ...wish, direction })}
      />
      <TextField
        label={sale.unitsField}
        value={wish.units}
        onValue={(units) => onWish({ ...wish, units })}
        inputMode="numeric"
        autocomplete="off"
        error={wrong("badUnits") ?? wrong("tooMany")}
        hint={<Afterwards feed={feed} wish={wish} />}
      />
      <TextField
        label={sale.noteField}
        hint={sale.noteHint}
        value={wish.note}
        onValue={(note) => onWish({ ...wish, note })}
        error={wrong("badNote")}
      />
    </>
  );
}

function StockNow({ feed }: { feed: ProductFeed }) {
  const { sale } = t();
  const { stockLeft, stockTotal } = feed.latest.value ?? {};
  if (stockLeft === undefined || stockTotal === undefined || feed.stale.value) return <p>{sale.stockUnknown}</p>;
  return <p>{sale.stockNow(number(stockLeft), number(stockTotal))}</p>;
}

function Afterwards({ feed, wish }: { feed: ProductFeed; wish: StockWish }) {
  const { stockLeft, stockTotal } = feed.latest.value ?? {};
  const delta = deltaOf(wish);
  if (delta === undefined || stockLeft === undefined || stockTotal === undefined || stockLeft + delta < 0) return null;
  return <>{t().sale.afterwards(number(stockLeft + delta), number(stockTotal + delta))}</>;
}
