import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import type { Pager } from "../lib/pager";
import { Button } from "./button";
import { Empty, Table } from "./layout";
import { Loaded, Problem } from "./loaded";

/** Listing shows a list page by page, as a table; empty says what it means that there is nothing. */
export function Listing<T>(props: {
  of: Pager<T>;
  caption: string;
  head: readonly ComponentChildren[];
  numeric?: readonly number[];
  empty: { title: string; text?: string };
  row(item: T): ComponentChildren;
}) {
  const { of: pager, caption, head, numeric, empty, row } = props;
  return (
    <Loaded of={pager} rows={6}>
      {(items) =>
        items.length === 0 ? (
          <Empty title={empty.title}>{empty.text && <p>{empty.text}</p>}</Empty>
        ) : (
          <>
            <Table caption={caption} head={head} numeric={numeric}>
              {items.map(row)}
            </Table>
            <ListEnd of={pager} shown={items.length} />
          </>
        )
      }
    </Loaded>
  );
}

function ListEnd<T>({ of: { more, fetching, problem }, shown }: { of: Pager<T>; shown: number }) {
  const { common } = t();
  if (problem) return <Problem error={problem} retry={more} />;
  return (
    <p class="list-end">
      <span class="muted small">{more ? common.shownSoFar(shown) : common.shownAll(shown)}</span>
      {more && (
        <Button icon="down" busy={fetching} onClick={more}>
          {common.more}
        </Button>
      )}
    </p>
  );
}
