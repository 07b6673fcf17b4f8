import { lang, t } from "../i18n";
import { ApiError, api } from "../lib/api";
import { Markdown } from "../lib/markdown";
import { safeUrl } from "../lib/markdown_inline";
import { useResource } from "../lib/resource";
import { hrefOf, setQuery } from "../lib/router";
import type { RunbookTitle } from "../lib/types";
import { Card, Empty, Loaded, PageHead, TextField } from "../ui";
import type { PageProps } from ".";

const kinds: readonly RunbookTitle["kind"][] = ["alert", "check"];

/** Runbooks lists the runbooks (#/runbooks), or shows one (#/runbooks/SeckillBooksDrift). */
export default function Runbooks({ args: [name], query }: PageProps) {
  return name === undefined ? <All search={query.q ?? ""} /> : <One key={name} name={name} />;
}

function All({ search }: { search: string }) {
  const { runbooks } = t();
  const chosen = lang.value;
  const list = useResource(`runbooks/${chosen}`, (signal) => api.runbooks(chosen, signal));
  const absent = isMissing(list.error);
  return (
    <>
      <PageHead title={runbooks.title} lead={runbooks.lead} />
      {absent ? (
        <Empty icon="runbooks" title={runbooks.absent}>
          <p>{runbooks.absentText}</p>
        </Empty>
      ) : (
        <div class="stack">
          <div class="filters">
            <TextField type="search" label={runbooks.search} value={search} onValue={(q) => setQuery({ q })} />
          </div>
          <Loaded of={list} rows={8}>
            {({ items }) => <Groups items={items.filter((item) => matches(item, search))} />}
          </Loaded>
        </div>
      )}
    </>
  );
}

function Groups({ items }: { items: readonly RunbookTitle[] }) {
  const { runbooks } = t();
  if (items.length === 0) return <Empty title={runbooks.noMatch} />;
  return (
    <>
      {kinds.map((kind) => {
        const some = items.filter((item) => item.kind === kind);
        return (
          some.length > 0 && (
            <Card key={kind} title={runbooks.kinds[kind]} flush>
              <ul class="titles">
                {some.map(({ name, title }) => (
                  <li key={name}>
                    <a href={hrefOf(["runbooks", name])}>
                      <strong>{plainTitle(name, title)}</strong>
                      <code>{name}</code>
                    </a>
                  </li>
                ))}
              </ul>
            </Card>
          )
        );
      })}
    </>
  );
}

function One({ name }: { name: string }) {
  const { runbooks } = t();
  const chosen = lang.value;
  const book = useResource(`runbook/${chosen}/${name}`, (signal) => api.runbook(name, chosen, signal));
  const up = { href: hrefOf(["runbooks"]), text: runbooks.title };
  if (isMissing(book.error)) {
    return (
      <>
        <PageHead title={name} up={up} />
        <Empty icon="runbooks" title={runbooks.missing(name)}>
          <p>{runbooks.missingText}</p>
        </Empty>
      </>
    );
  }
  const { title, text } = partsOf(book.data ?? "");
  return (
    <>
      <PageHead title={plainTitle(name, title || name)} lead={<code>{name}</code>} up={up} />
      <Loaded of={book} rows={12}>
        {() => (
          <article class="card prose">
            <Markdown text={text} level={1} link={linkOf} />
          </article>
        )}
      </Loaded>
    </>
  );
}

function isMissing(error: Error | undefined): boolean {
  return error instanceof ApiError && error.status === 404;
}

function matches({ name, title }: RunbookTitle, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return `${name} ${title}`.toLowerCase().includes(wanted);
}

/** partsOf takes the title off a runbook: it is the page's. */
function partsOf(markdown: string): { title: string; text: string } {
  const found = /^\s*# +(.*)\r?\n/.exec(markdown);
  return { title: found?.[1]?.trim() ?? "", text: found ? markdown.slice(found[0].length) : markdown };
}

/** plainTitle leaves the name out of a title that begins with it. */
function plainTitle(name: string, title: string): string {
  const rest = title.startsWith(name) ? title.slice(name.length).replace(/^\s*[:：]\s*/, "") : title;
  return rest ? rest.charAt(0).toUpperCase() + rest.slice(1) : title;
}

/** linkOf leads to another runbook where the console has it; other pages of the documentation it has not. */
function linkOf(address: string): string | undefined {
  const name = /^(?:\.\/)?([\w-]+)\.md(?:#.*)?$/.exec(address)?.[1];
  return name ? hrefOf(["runbooks", name]) : safeUrl(address.startsWith("#") ? "" : address);
}
