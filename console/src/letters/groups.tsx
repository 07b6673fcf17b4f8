import { useState } from "preact/hooks";
import { SaleLink } from "../attempts/bits";
import { t } from "../i18n";
import { dash, number } from "../lib/format";
import type { Resource } from "../lib/resource";
import { hrefOf } from "../lib/router";
import type { LetterGroup } from "../lib/types";
import { Button, Card, Empty, Loaded, Table, Time } from "../ui";
import { type BulkAct, BulkDialog } from "./bulk";

/** LetterGroups counts the letters by product and reason, and acts on those of a group. */
export function LetterGroups({ of, onDone }: { of: Resource<{ items: LetterGroup[] }>; onDone(): void }) {
  const { letters, attempts, common } = t();
  const [asked, setAsked] = useState<{ act: BulkAct; group: LetterGroup }>();
  const aside = (
    <>
      <a href={hrefOf(["runbooks", "SeckillDeadLettersOpen"])}>{letters.runbook}</a>
      <Button kind="quiet" icon="refresh" busy={of.loading} onClick={onDone}>
        {common.refresh}
      </Button>
    </>
  );
  const head = [
    attempts.reason,
    attempts.product,
    letters.statuses.OPEN,
    letters.statuses.REPLAYED,
    letters.statuses.DISCARDED,
    letters.oldest,
    letters.newest,
    letters.acts,
  ];
  return (
    <Card title={letters.groups} aside={aside} flush>
      <Loaded of={of}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="check" title={letters.none}>
              <p>{letters.noneText}</p>
            </Empty>
          ) : (
            <Table caption={letters.groups} head={head} numeric={[2, 3, 4]}>
              {items.map((group) => (
                <Row key={`${group.productId} ${group.reason}`} group={group} ask={(act) => setAsked({ act, group })} />
              ))}
            </Table>
          )
        }
      </Loaded>
      {asked && <BulkDialog {...asked} onDone={onDone} onClose={() => setAsked(undefined)} />}
    </Card>
  );
}

function Row({ group, ask }: { group: LetterGroup; ask(act: BulkAct): void }) {
  const { letters } = t();
  const { productId, reason, open, replayed, discarded, oldestOpenAt, newestAt } = group;
  const shown = hrefOf(["dead-letters"], { product: productId, reason, status: open > 0 ? "OPEN" : undefined });
  const none = open === 0 ? letters.noneOpen : undefined;
  return (
    <tr>
      <th scope="row">
        <a href={shown} title={letters.showGroup(reason, productId)}>
          <code>{reason}</code>
        </a>
      </th>
      <td>
        <SaleLink id={productId} />
      </td>
      <td class="n">{open > 0 ? <strong>{number(open)}</strong> : number(open)}</td>
      <td class="n">{number(replayed)}</td>
      <td class="n">{number(discarded)}</td>
      <td class="nowrap">{oldestOpenAt ? <Time at={oldestOpenAt} /> : dash}</td>
      <td class="nowrap">
        <Time at={newestAt} />
      </td>
      <td>
        <span class="row nowrap">
          <Button icon="refresh" action="dead_letter.replay" reason={none} onClick={() => ask("replay")}>
            {letters.bulkReplay}
          </Button>
          <Button kind="quiet" icon="close" action="dead_letter.discard" reason={none} onClick={() => ask("discard")}>
            {letters.bulkDiscard}
          </Button>
        </span>
      </td>
    </tr>
  );
}
