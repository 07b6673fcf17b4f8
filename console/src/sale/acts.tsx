import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api } from "../lib/api";
import type { ProductFeed } from "../lib/live";
import type { Id } from "../lib/types";
import { Button, Confirm, type IconName } from "../ui";
import { hindrance, type SaleAct } from "./state";
import { StockDialog } from "./stock_dialog";

interface Acting {
  id: Id;
  feed: ProductFeed;
  /** onDone is called once something was done. */
  onDone(): void;
}

const icons: Record<SaleAct, IconName> = { pause: "pause", resume: "play", stock: "plus", end: "stop" };
const acts: readonly SaleAct[] = ["pause", "resume", "stock", "end"];

/**
 * ActBar is what can be done to a sale. All four buttons stay where they are: one that turned into another
 * while somebody reaches for it would do the opposite. It is rendered again when the state changes, not
 * with each sample.
 */
export function ActBar({ id, feed, onDone }: Acting) {
  const { sale } = t();
  const [asked, setAsked] = useState<SaleAct>();
  const status = useComputed(() => feed.latest.value?.status).value;
  const mode = useComputed(() => feed.latest.value?.mode).value;
  const close = () => setAsked(undefined);
  return (
    <>
      {acts.map((act) => {
        const hindered = hindrance(act, { status, mode });
        return (
          <Button
            key={act}
            icon={icons[act]}
            action={`product.${act}`}
            reason={hindered && sale.hindrances[hindered]}
            onClick={() => setAsked(act)}
          >
            {sale[act]}
          </Button>
        );
      })}
      {asked === "stock" && <StockDialog id={id} feed={feed} onDone={onDone} onClose={close} />}
      {asked !== undefined && asked !== "stock" && (
        <Ask act={asked} id={id} feed={feed} onDone={onDone} onClose={close} />
      )}
    </>
  );
}

function Ask({ act, id, feed, onDone, onClose }: Acting & { act: Exclude<SaleAct, "stock">; onClose(): void }) {
  const { sale, sales } = t();
  const name = feed.latest.peek()?.name || sales.unnamed(id);
  const run = async () => {
    await api[act](id);
    toast("ok", sale[`${act}Done`](name));
    onDone();
  };
  return (
    <Confirm
      title={sale[`${act}Title`](name)}
      act={sale[act]}
      typed={act === "end" ? id : undefined}
      danger={act === "end"}
      run={run}
      onClose={onClose}
    >
      <p>{sale[`${act}Text`]}</p>
    </Confirm>
  );
}
