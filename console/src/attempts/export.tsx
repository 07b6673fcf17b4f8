import { useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api, type ExportFormat } from "../lib/api";
import { download } from "../lib/download";
import type { OrderFilter } from "../lib/types";
import { Button, problemText } from "../ui";

const formats: readonly ExportFormat[] = ["csv", "ndjson"];

/** OrderExport saves all orders that match as a file. */
export function OrderExport({ filter }: { filter: OrderFilter }) {
  const { attempts } = t();
  const [busy, setBusy] = useState<ExportFormat>();
  const save = async (format: ExportFormat) => {
    setBusy(format);
    try {
      download(await api.exportOrders(filter, format), `orders-${new Date().toISOString().slice(0, 10)}.${format}`);
      toast("ok", attempts.exported(format.toUpperCase()));
    } catch (error) {
      toast("bad", problemText(error as Error));
    }
    setBusy(undefined);
  };
  return (
    <>
      {formats.map((format) => (
        <Button key={format} kind="quiet" icon="save" busy={busy === format} onClick={() => save(format)}>
          {attempts.export(format.toUpperCase())}
        </Button>
      ))}
    </>
  );
}
