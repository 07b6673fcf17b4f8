import { useState } from "preact/hooks";
import { t } from "../i18n";
import { momentOf, number } from "../lib/format";
import { stringify } from "../lib/json";
import { hrefOf } from "../lib/router";
import type { AuditEntry, Json } from "../lib/types";
import { Button, KeyValues, Table, Time } from "../ui";
import { type Changed, detailOf, targetParts } from "./detail";

/** AuditRow is one row of the audit; opened, it shows what was changed. */
export function AuditRow({ entry }: { entry: AuditEntry }) {
  const { audit } = t();
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr>
        <th scope="row" class="nowrap">
          <span class="toggle">
            <Button kind="quiet" icon={open ? "down" : "next"} iconOnly expanded={open} onClick={() => setOpen(!open)}>
              {audit.show(entry.action, entry.target)}
            </Button>
            <Time at={entry.createdAt} />
          </span>
        </th>
        <td>{entry.actor}</td>
        <td>
          <code>{entry.action}</code>
        </td>
        <td>
          <Target target={entry.target} />
        </td>
      </tr>
      {open && (
        <tr class="opened">
          <td colSpan={4}>
            <div class="stack">
              <DetailOf entry={entry} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

const pageOf: Readonly<Record<string, string>> = {
  product: "products",
  dead_letter: "dead-letters",
};

function Target({ target }: { target: string }) {
  const parts = targetParts(target);
  if (parts?.kind === "order") return <a href={hrefOf(["attempts"], { orderId: parts.id })}>{target}</a>;
  const page = parts && pageOf[parts.kind];
  return page && parts ? <a href={hrefOf([page, parts.id])}>{target}</a> : <span>{target}</span>;
}

function DetailOf({ entry }: { entry: AuditEntry }) {
  const { audit } = t();
  const { changes, facts } = detailOf(entry.detail);
  if (changes.length + facts.length === 0) return <p class="muted">{audit.noDetail}</p>;
  return (
    <>
      {facts.length > 0 && (
        <KeyValues items={facts.map(({ name, value }) => [name, <Shown key={name} value={value} />] as const)} />
      )}
      {changes.length > 0 && <Changes row={entry.id} changes={changes} />}
    </>
  );
}

function Changes({ row, changes }: { row: string; changes: readonly Changed[] }) {
  const { audit } = t();
  return (
    <Table caption={audit.changes(row)} head={[audit.field, audit.before, audit.after]}>
      {changes.map(({ name, before, after }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>
            {before === undefined ? (
              <Absent />
            ) : (
              <del>
                <Shown value={before} />
              </del>
            )}
          </td>
          <td>
            {after === undefined ? (
              <Absent />
            ) : (
              <ins>
                <Shown value={after} />
              </ins>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Absent() {
  return <span class="muted">{t().audit.absent}</span>;
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function Shown({ value }: { value: Json }) {
  if (typeof value === "string") return moment.test(value) ? <time title={value}>{momentOf(value)}</time> : value;
  if (typeof value === "number" || typeof value === "bigint") return number(value);
  return <code>{stringify(value)}</code>;
}
