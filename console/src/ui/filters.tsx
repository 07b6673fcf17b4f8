import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { localOf, momentOfLocal } from "../lib/local_time";
import { type Query, setQuery } from "../lib/router";
import { Button } from "./button";
import { SelectField, TextField } from "./field";

/** FilterField is a filter of a list: name is its name in the address. */
export interface FilterField {
  name: string;
  label: string;
  /** kind search is where the key / leads; id takes digits, time is a moment, options makes a choice of it. */
  kind?: "search" | "id" | "time";
  hint?: string;
  options?: readonly { value: string; text: string }[];
  /** more keeps a filter that is seldom needed out of the way, until it is used. */
  more?: boolean;
}

/** FilterBar keeps the filters of a list in the address: a choice acts at once, what is typed by Enter. */
export function FilterBar({ query, fields }: { query: Query; fields: readonly FilterField[] }) {
  const { common } = t();
  const given = JSON.stringify(fields.map(({ name }) => query[name] ?? ""));
  const [draft, setDraft] = useState<Query>(() => draftOf(query, fields));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address has changed under the fields
  useEffect(() => setDraft(draftOf(query, fields)), [given]);
  const apply = (values: Query) => setQuery({ ...queryOf(values, fields), cursor: undefined });
  const set = (name: string, value: string, now: boolean) => {
    const values = { ...draft, [name]: value };
    setDraft(values);
    if (now) apply(values);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    apply(draft);
  };
  const clear = () => setQuery(Object.fromEntries(fields.map(({ name }) => [name, undefined])));
  const further = fields.filter((field) => field.more);
  const one = (field: FilterField) => (
    <OneFilter key={field.name} field={field} value={draft[field.name] ?? ""} set={set} />
  );
  return (
    <form class="filters" onSubmit={submit}>
      {fields.filter((field) => !field.more).map(one)}
      <div class="row">
        <Button type="submit" icon="attempts">
          {common.search}
        </Button>
        {fields.some(({ name }) => query[name]) && (
          <Button kind="quiet" icon="close" onClick={clear}>
            {common.clear}
          </Button>
        )}
      </div>
      {further.length > 0 && (
        <details open={further.some(({ name }) => query[name])}>
          <summary>{common.moreFilters}</summary>
          <div class="filters">{further.map(one)}</div>
        </details>
      )}
    </form>
  );
}

function OneFilter(props: { field: FilterField; value: string; set(name: string, value: string, now: boolean): void }) {
  const { field, value, set } = props;
  if (field.options) {
    return (
      <SelectField
        label={field.label}
        value={value}
        options={field.options}
        onValue={(chosen) => set(field.name, chosen, true)}
      />
    );
  }
  return (
    <TextField
      label={field.label}
      hint={field.hint}
      type={field.kind === "time" ? "datetime-local" : field.kind === "search" ? "search" : "text"}
      inputMode={field.kind === "id" ? "numeric" : undefined}
      step={field.kind === "time" ? 1 : undefined}
      autocomplete="off"
      value={value}
      onValue={(text) => set(field.name, text, false)}
    />
  );
}

function draftOf(query: Query, fields: readonly FilterField[]): Query {
  return Object.fromEntries(
    fields.map(({ name, kind }) => [name, kind === "time" ? localOf(query[name]) : (query[name] ?? "")]),
  );
}

function queryOf(draft: Query, fields: readonly FilterField[]): Record<string, string | undefined> {
  return Object.fromEntries(
    fields.map(({ name, kind }) => {
      const text = (draft[name] ?? "").trim();
      return [name, kind === "time" ? momentOfLocal(text) : text];
    }),
  );
}
