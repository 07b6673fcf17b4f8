import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api } from "../lib/api";
import type { LetterGroup } from "../lib/types";
import { Confirm, TextField } from "../ui";
import { type Acted, inBulk } from "./in_bulk";

/** BulkAct is what is done to all open letters of a group. */
export type BulkAct = "replay" | "discard";

/** BulkDialog asks before it acts on the open letters of a group, shows how far it is, and stops when it is closed. */
export function BulkDialog(props: { act: BulkAct; group: LetterGroup; onDone(): void; onClose(): void }) {
  const { act, group, onDone, onClose } = props;
  const { letters } = t();
  const { productId, reason, open } = group;
  const [note, setNote] = useState("");
  const [acted, setActed] = useState<Acted>();
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const run = async () => {
    const choice = { productId, reason, note: note.trim() };
    const once =
      act === "replay"
        ? (page: { limit: number; afterId?: string }) =>
            api.replayLetters({ ...choice, ...page, note: choice.note || undefined })
        : async (page: { limit: number; afterId?: string }) => {
            const { discarded, ...rest } = await api.discardLetters({ ...choice, ...page });
            return { ...rest, replayed: discarded, stillBad: 0 };
          };
    const all = await inBulk(once, setActed, stop.current.signal).finally(onDone);
    const { done, bad } = all;
    toast(bad > 0 ? "warn" : "ok", act === "replay" ? letters.bulkReplayed(done, bad) : letters.bulkDiscarded(done));
  };
  const replay = act === "replay";
  return (
    <Confirm
      title={replay ? letters.bulkReplayTitle(open) : letters.bulkDiscardTitle(open)}
      act={replay ? letters.bulkReplay : letters.bulkDiscard}
      typed={productId}
      danger={!replay}
      run={run}
      onClose={onClose}
    >
      <p>{letters.bulkOf(productId, reason)}</p>
      <p>{replay ? letters.bulkReplayText : letters.bulkDiscardText}</p>
      <TextField
        label={letters.note}
        hint={replay ? letters.noteOptional : letters.noteHint}
        value={note}
        onValue={setNote}
        required={!replay}
      />
      {acted && <Progress acted={acted} label={replay ? letters.bulkReplay : letters.bulkDiscard} />}
    </Confirm>
  );
}

function Progress({ acted: { done, bad, left }, label }: { acted: Acted; label: string }) {
  const { letters } = t();
  const seen = done + bad;
  return (
    <div>
      <progress aria-label={label} max={seen + left} value={seen} />
      <p class="row small muted">
        <span role="status">{letters.progress(seen, seen + left)}</span>
        <span>{letters.bulkStop}</span>
      </p>
    </div>
  );
}
