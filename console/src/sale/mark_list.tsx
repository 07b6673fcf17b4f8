import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { api } from "../lib/api";
import { ticking } from "../lib/clock";
import { number, timeOf } from "../lib/format";
import type { ProductFeed } from "../lib/live";
import { useResource } from "../lib/resource";
import { hrefOf } from "../lib/router";
import { memory } from "../lib/series";
import type { AuditEntry, Id } from "../lib/types";
import { Card } from "../ui";
import { type Mark, marksOf } from "./marks";

/** asksEvery is how often the audit is asked for what others did, in milliseconds. */
const asksEvery = 10_000;

/** useMarks gives the marks of a sale's last 15 minutes; what changes the sale makes it ask the audit at once. */
export function useMarks(id: Id, feed: ProductFeed): { marks: ReadonlySignal<readonly Mark[]>; refresh(): void } {
  const audit = useResource(`marks/${id}`, (signal) => api.audit({ target: `product:${id}` }, { limit: 50, signal }), {
    every: asksEvery,
  });
  const standing = useComputed(() => {
    const sample = feed.latest.value;
    return sample && `${sample.status} ${sample.stockTotal}`;
  }).value;
  const before = useRef<string | undefined>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has changed is to be seen in the audit
  useEffect(() => {
    if (standing && before.current) audit.refresh();
    before.current = standing ?? before.current;
  }, [standing]);
  const entries = useSignal<readonly AuditEntry[]>([]);
  useEffect(() => {
    if (audit.data) entries.value = audit.data.items;
  }, [audit.data, entries]);
  const marks = useComputed(() => marksOf(entries.value, feed.latest.value));
  return { marks, refresh: audit.refresh };
}

/** MarkList is what was done in the last 15 minutes, the newest first. */
export function MarkList({ id, marks }: { id: Id; marks: ReadonlySignal<readonly Mark[]> }) {
  const { sale } = t();
  const now = ticking.value;
  const recent = marks.value.filter((mark) => mark.at <= now && mark.at > now - memory).reverse();
  const whole = <a href={hrefOf(["audit"], { target: `product:${id}` })}>{sale.wholeAudit}</a>;
  return (
    <Card title={sale.acts} aside={whole}>
      {recent.length === 0 ? (
        <p class="muted">{sale.actsNone}</p>
      ) : (
        <ol class="mark-list">
          {recent.map((mark) => (
            <li key={`${mark.at} ${mark.kind}`}>
              <span class="muted">{timeOf(mark.at)}</span>
              <strong>{sale.marks[mark.kind]}</strong>
              <span>
                {mark.units !== undefined && `${sale.units(signed(mark.units))} · `}
                {mark.actor ?? sale.byClock}
                {mark.note && <q class="muted">{mark.note}</q>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** signed writes a number with its sign. */
export function signed(units: number): string {
  return units > 0 ? `+${number(units)}` : number(units);
}
