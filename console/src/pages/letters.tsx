import { Arrival, SaleLink } from "../attempts/bits";
import { t } from "../i18n";
import { LetterBadge, letterReasons, letterStatuses } from "../letters/bits";
import { textOf } from "../letters/draft";
import { LetterGroups } from "../letters/groups";
import { LetterView } from "../letters/letter";
import { api } from "../lib/api";
import { usePager } from "../lib/pager";
import { useResource } from "../lib/resource";
import { hrefOf, type Query } from "../lib/router";
import type { Letter, LetterFilter, LetterReason, LetterStatus } from "../lib/types";
import { Card, FilterBar, type FilterField, Listing, PageHead } from "../ui";
import type { PageProps } from ".";

/** groupsEvery is how often the groups are counted again, in milliseconds. */
const groupsEvery = 15_000;

/** Letters lists the dead letters (#/dead-letters), or shows one (#/dead-letters/42). */
export default function Letters({ args: [id], query }: PageProps) {
  return id === undefined ? <All query={query} /> : <LetterView key={id} id={id} />;
}

function All({ query }: { query: Query }) {
  const { letters, attempts } = t();
  const filter: LetterFilter = {
    productId: query.product,
    reason: query.reason as LetterReason | undefined,
    status: query.status as LetterStatus | undefined,
    streamId: query.stream,
    from: query.from,
    to: query.to,
  };
  const groups = useResource("letters/groups", (signal) => api.letterGroups({}, signal), { every: groupsEvery });
  const list = usePager(JSON.stringify(["letters", filter]), (paging) => api.letters(filter, paging));
  const refresh = () => {
    groups.refresh();
    list.refresh();
  };
  return (
    <>
      <PageHead title={letters.title} lead={letters.lead} />
      <div class="stack">
        <LetterGroups of={groups} onDone={refresh} />
        <FilterBar query={query} fields={filterFields()} />
        <Card title={letters.list} flush>
          <Listing
            of={list}
            caption={letters.list}
            head={[
              letters.letter,
              attempts.status,
              attempts.reason,
              attempts.product,
              attempts.arrived,
              letters.fields,
            ]}
            empty={{ title: letters.noMatch }}
            row={(letter) => <Row key={letter.id} letter={letter} />}
          />
        </Card>
      </div>
    </>
  );
}

function filterFields(): FilterField[] {
  const { letters, attempts, common } = t();
  return [
    { name: "stream", label: attempts.streamId, kind: "search" },
    { name: "product", label: attempts.product, kind: "id" },
    {
      name: "reason",
      label: attempts.reason,
      options: [{ value: "", text: common.all }, ...letterReasons.map((value) => ({ value, text: value }))],
    },
    {
      name: "status",
      label: attempts.status,
      options: [
        { value: "", text: common.all },
        ...letterStatuses.map((value) => ({ value, text: letters.statuses[value] })),
      ],
    },
    { name: "from", label: attempts.from, kind: "time", more: true },
    { name: "to", label: attempts.to, kind: "time", more: true },
  ];
}

function Row({ letter }: { letter: Letter }) {
  return (
    <tr>
      <th scope="row" class="mono">
        <a href={hrefOf(["dead-letters", letter.id])}>{letter.id}</a>
      </th>
      <td>
        <LetterBadge status={letter.status} />
      </td>
      <td>
        <code>{letter.reason}</code>
      </td>
      <td>
        <SaleLink id={letter.productId} />
      </td>
      <td class="nowrap">
        <Arrival streamId={letter.streamId} />
      </td>
      <td>
        <Fields letter={letter} />
      </td>
    </tr>
  );
}

/** Fields shows the fields in one line. */
function Fields({ letter: { fields } }: { letter: Letter }) {
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${textOf(value)}`)
    .join(" ");
  return <code class="one-line">{text}</code>;
}
