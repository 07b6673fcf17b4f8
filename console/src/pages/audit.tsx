import { useState } from "preact/hooks";
import { AuditRow } from "../audit/row";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api } from "../lib/api";
import { download } from "../lib/download";
import { usePager } from "../lib/pager";
import type { AuditFilter } from "../lib/types";
import { Button, Card, FilterBar, type FilterField, Listing, PageHead, problemText } from "../ui";
import type { PageProps } from ".";

/** Audit lists who did what, the newest first. */
export default function Audit({ query }: PageProps) {
  const { audit } = t();
  const { actor, action, target, from, to } = query;
  const filter: AuditFilter = { actor, action, target, from, to };
  const rows = usePager(`audit/${JSON.stringify(filter)}`, (paging) => api.audit(filter, paging));
  const filtered = Object.values(filter).some(Boolean);
  return (
    <div class="stack">
      <PageHead title={audit.title} lead={audit.lead}>
        <Button icon="refresh" busy={rows.loading} onClick={rows.refresh}>
          {t().common.refresh}
        </Button>
        <Export filter={filter} />
      </PageHead>
      <FilterBar query={query} fields={fields()} />
      <Card flush>
        <Listing
          of={rows}
          caption={audit.title}
          head={[audit.at, audit.actor, audit.action, audit.target]}
          empty={filtered ? { title: audit.noneFound, text: audit.noneFoundText } : { title: audit.none }}
          row={(entry) => <AuditRow key={entry.id} entry={entry} />}
        />
      </Card>
    </div>
  );
}

function fields(): FilterField[] {
  const { audit } = t();
  return [
    { name: "actor", label: audit.actor, kind: "search" },
    { name: "action", label: audit.action },
    { name: "target", label: audit.target },
    { name: "from", label: audit.from, kind: "time", more: true },
    { name: "to", label: audit.to, kind: "time", more: true },
  ];
}

function Export({ filter }: { filter: AuditFilter }) {
  const { audit } = t();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      download(await api.exportAudit(filter), "audit.ndjson");
      toast("ok", audit.exported);
    } catch (error) {
      toast("bad", problemText(error as Error));
    }
    setBusy(false);
  };
  return (
    <Button icon="down" busy={busy} onClick={run}>
      {audit.export}
    </Button>
  );
}
