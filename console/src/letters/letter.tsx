import { useState } from "preact/hooks";
import { Arrival, hrefOfAttempt, SaleLink, StatusBadge } from "../attempts/bits";
import { t } from "../i18n";
import { api } from "../lib/api";
import { number } from "../lib/format";
import { useResource } from "../lib/resource";
import { hrefOf } from "../lib/router";
import type { Id, LetterDetail } from "../lib/types";
import { Button, Card, KeyValues, Loaded, PageHead, Time } from "../ui";
import { ActDialog, type LetterActName } from "./act_dialog";
import { LetterBadge } from "./bits";
import { Correction } from "./correction";
import { History } from "./history";

/** LetterView is one dead letter, and what can be done to it. */
export function LetterView({ id }: { id: Id }) {
  const { letters, common } = t();
  const letter = useResource(`letter/${id}`, (signal) => api.letter(id, signal));
  const [asked, setAsked] = useState<Exclude<LetterActName, "replay">>();
  const { data } = letter;
  return (
    <>
      <PageHead title={letters.one(id)} up={{ href: hrefOf(["dead-letters"]), text: letters.title }}>
        <Button icon="refresh" busy={letter.loading} onClick={letter.refresh}>
          {common.refresh}
        </Button>
        {data && <Acts letter={data} ask={setAsked} />}
      </PageHead>
      <Loaded of={letter} rows={8}>
        {(shown) => (
          <div class="split">
            <div class="stack">
              <Wrong letter={shown} />
              <Correction key={`${shown.id} ${shown.status}`} letter={shown} refresh={letter.refresh} />
            </div>
            <div class="stack">
              <Facts letter={shown} />
              {shown.status === "REPLAYED" && <Outcome letter={shown} />}
              <History acts={shown.history} />
            </div>
          </div>
        )}
      </Loaded>
      {asked && data && (
        <ActDialog act={asked} letter={data} onDone={letter.refresh} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
}

function Acts({ letter, ask }: { letter: LetterDetail; ask(act: "discard" | "reopen"): void }) {
  const { letters } = t();
  const status = letters.statuses[letter.status];
  return (
    <>
      <Button
        icon="close"
        action="dead_letter.discard"
        reason={letter.status === "OPEN" ? undefined : letters.notOpen(status)}
        onClick={() => ask("discard")}
      >
        {letters.discard}
      </Button>
      <Button
        icon="open"
        action="dead_letter.reopen"
        reason={letter.status === "DISCARDED" ? undefined : letters.notDiscarded(status)}
        onClick={() => ask("reopen")}
      >
        {letters.reopen}
      </Button>
    </>
  );
}

function Wrong({ letter: { reason, status } }: { letter: LetterDetail }) {
  const { letters } = t();
  return (
    <Card title={letters.wrong} aside={<LetterBadge status={status} />}>
      <div class="stack tight">
        <p>
          <code>{reason}</code>
        </p>
        <p>{letters.reasons[reason]}</p>
        <p class="muted">
          <strong>{letters.whatToDo}</strong> {letters.advice[reason]}
        </p>
      </div>
    </Card>
  );
}

function Facts({ letter }: { letter: LetterDetail }) {
  const { letters, attempts } = t();
  return (
    <Card title={letters.letter} aside={<a href={hrefOfAttempt(letter)}>{letters.attempt}</a>}>
      <KeyValues
        items={[
          [attempts.product, <SaleLink key="product" id={letter.productId} />],
          [attempts.streamId, <code key="stream">{letter.streamId}</code>],
          [attempts.arrived, <Arrival key="arrived" streamId={letter.streamId} />],
          [letters.deliveries, number(letter.deliveries)],
          [attempts.stored, <Time key="stored" at={letter.createdAt} />],
          [attempts.updated, <Time key="updated" at={letter.updatedAt} />],
          [letters.fingerprint, <code key="print">{letter.fingerprint}</code>],
        ]}
      />
    </Card>
  );
}

function Outcome({ letter: { outcome, productId } }: { letter: LetterDetail }) {
  const { letters, attempts } = t();
  const { streamId, log, order } = outcome ?? {};
  if (!streamId || !log) {
    return (
      <Card title={letters.outcome}>
        <p class="muted">{letters.outcomeNone}</p>
      </Card>
    );
  }
  return (
    <Card title={letters.outcome} aside={<StatusBadge status={log.status} />}>
      <KeyValues
        items={[
          [
            letters.outcomeStored,
            <a key="log" class="mono" href={hrefOfAttempt({ productId, streamId })}>
              {streamId}
            </a>,
          ],
          log.reason ? [attempts.reason, <code key="reason">{log.reason}</code>] : undefined,
          order
            ? [
                letters.outcomeOrder,
                <span key="order" class="row">
                  <code>{order.orderId}</code>
                  <StatusBadge status={order.status} />
                </span>,
              ]
            : undefined,
        ]}
      />
    </Card>
  );
}
