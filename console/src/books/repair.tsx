import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api } from "../lib/api";
import { number } from "../lib/format";
import { useResource } from "../lib/resource";
import type { Books, Id } from "../lib/types";
import { Button, Confirm, Dialog, KeyValues, Notice, Problem, Skeleton } from "../ui";
import { signed } from "./equation";

interface Repairing {
  id: Id;
  name: string;
  onDone(): void;
  onClose(): void;
}

/** RepairDialog shows what a repair would do, and does it once the product's number is typed. */
export function RepairDialog({ id, name, onDone, onClose }: Repairing) {
  const { books } = t();
  const dry = useResource(`dry-run/${id}`, (signal) => api.dryRepairBooks(id, signal));
  if (dry.data && (dry.data.difference || dry.data.redisLeft === undefined)) {
    return <Ask id={id} name={name} dry={dry.data} onDone={onDone} onClose={onClose} />;
  }
  return (
    <Dialog title={books.repairTitle(name)} onClose={onClose}>
      <div class="body">
        {dry.error ? (
          <Problem error={dry.error} retry={dry.refresh} />
        ) : dry.data ? (
          <Notice tone="ok" title={books.nothingToDo}>
            <p>{books.nothingToDoText}</p>
          </Notice>
        ) : (
          <Skeleton rows={3} label={books.looking} />
        )}
      </div>
      <footer>
        <Button onClick={onClose}>{t().common.close}</Button>
      </footer>
    </Dialog>
  );
}

function Ask({ id, name, dry, onDone, onClose }: Repairing & { dry: Books }) {
  const { books } = t();
  const run = async () => {
    const { difference } = await api.repairBooks(id);
    toast("ok", difference ? books.repaired(books.units(signed(difference))) : books.repairedNothing);
    onDone();
  };
  return (
    <Confirm title={books.repairTitle(name)} act={books.repairAct} typed={id} danger run={run} onClose={onClose}>
      <Foretold dry={dry} />
      <p class="muted">{books.repairText}</p>
    </Confirm>
  );
}

function Foretold({ dry: { redisLeft, difference = 0 } }: { dry: Books }) {
  const { books } = t();
  if (redisLeft === undefined) return <Notice tone="warn" title={books.wouldOpen} />;
  return (
    <section aria-label={books.dryRun}>
      <KeyValues
        items={[
          [books.gateNow, number(redisLeft)],
          [books.correction, <strong key="by">{signed(difference)}</strong>],
          [books.gateThen, number(redisLeft + difference)],
        ]}
      />
    </section>
  );
}
