import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Icon, type IconName } from "./icon";

/** PageHead is the head of a page: its title, a line about it, and what can be done. */
export function PageHead(props: { title: string; lead?: ComponentChildren; children?: ComponentChildren; up?: Link }) {
  useEffect(() => {
    document.title = `${props.title} · seckill`;
  }, [props.title]);
  return (
    <header class="page-head">
      <div>
        {props.up && (
          <a class="up" href={props.up.href}>
            <Icon name="back" />
            {props.up.text}
          </a>
        )}
        <h1 tabIndex={-1}>{props.title}</h1>
        {props.lead && <p class="lead">{props.lead}</p>}
      </div>
      {props.children && <div class="actions">{props.children}</div>}
    </header>
  );
}

/** Link is an address and what it says. */
export interface Link {
  href: string;
  text: string;
}

/** Card is a part of a page, with a heading if it has a title. */
export function Card(props: {
  title?: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
  flush?: boolean;
}) {
  return (
    <section class={props.flush ? "card flush" : "card"}>
      {(props.title || props.aside) && (
        <header>
          {props.title && <h2>{props.title}</h2>}
          {props.aside && <div class="aside">{props.aside}</div>}
        </header>
      )}
      {props.children}
    </section>
  );
}

/** KeyValues is a grid of names and values. */
export function KeyValues({
  items,
}: {
  items: readonly (readonly [name: string, value: ComponentChildren] | undefined)[];
}) {
  return (
    <dl class="key-values">
      {items.map(
        (item) =>
          item && (
            <div key={item[0]}>
              <dt>{item[0]}</dt>
              <dd>{item[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** Stat is a number that matters. Tone colours it; note says in words what the colour means. */
export function Stat(props: {
  name: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  tone?: "ok" | "warn" | "bad";
}) {
  return (
    <div class={`stat ${props.tone ?? ""}`}>
      <span class="name">{props.name}</span>
      <span class="value">{props.value}</span>
      {props.note && <span class="note">{props.note}</span>}
    </div>
  );
}

/** Empty says that there is nothing, and what to do about it. */
export function Empty(props: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={props.icon ?? "info"} />
      <p class="title">{props.title}</p>
      {props.children}
    </div>
  );
}

/** Skeleton keeps the place of what is not there yet; label is read out. */
export function Skeleton({ rows = 3, label }: { rows?: number; label: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are alike
        <span key={row} />
      ))}
    </div>
  );
}

/** Tabs are links between parts of a page; the address says which is shown. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly (Link & { current: boolean })[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.href} href={tab.href} aria-current={tab.current ? "page" : undefined}>
          {tab.text}
        </a>
      ))}
    </nav>
  );
}

/** Table is a table that scrolls by itself where it is too wide. */
export function Table(props: {
  caption: string;
  head: readonly ComponentChildren[];
  numeric?: readonly number[];
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
    <section class="table" aria-label={props.caption} tabIndex={0}>
      <table>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {props.head.map((cell, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
              <th key={column} scope="col" class={props.numeric?.includes(column) ? "n" : undefined}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}
