import { useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { ApiError, api } from "../lib/api";
import type { LetterCorrection, LetterDetail, LetterFields } from "../lib/types";
import { Confirm, TextField } from "../ui";
import { Changes } from "./history";

/** LetterActName is what can be done to a letter. */
export type LetterActName = "replay" | "discard" | "reopen";

/** ActDialog asks for a note, then acts on a letter. Whatever comes of it, the page looks at the letter again. */
export function ActDialog(props: {
  act: LetterActName;
  letter: LetterDetail;
  /** correction is that of a replay. */
  correction?: LetterCorrection;
  onDone(): void;
  onClose(): void;
}) {
  const { act, letter, correction = {}, onDone, onClose } = props;
  const { letters } = t();
  const [note, setNote] = useState("");
  const { id } = letter;
  const run = async () => {
    try {
      if (act === "replay") await api.replayLetter(id, correction, note.trim() || undefined);
      else await (act === "discard" ? api.discardLetter : api.reopenLetter)(id, note.trim());
    } catch (error) {
      if (!(error instanceof ApiError && error.code.startsWith("ALREADY_"))) throw told(error);
      // The page is about to show the letter without this question: what is to be said outlives it.
      onDone();
      toast("warn", letters.faster(error.message));
      return;
    }
    onDone();
    toast("ok", letters[`${act}Done`](id));
  };
  return (
    <Confirm
      title={letters[`${act}Title`](id)}
      act={letters[act]}
      danger={act === "discard"}
      run={run}
      onClose={onClose}
    >
      <p>{letters[`${act}Text`]}</p>
      {act === "replay" && <Corrected fields={letter.fields} correction={correction} />}
      <TextField
        label={letters.note}
        hint={act === "replay" ? letters.noteOptional : letters.noteHint}
        value={note}
        onValue={setNote}
        required={act !== "replay"}
        autofocus
      />
    </Confirm>
  );
}

/** told says what a refusal means for the letter. */
function told(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { letters } = t();
  if (error.status === 422) return new Error(letters.refused(error.code, error.message));
  return error;
}

function Corrected({ fields, correction }: { fields: LetterFields; correction: LetterCorrection }) {
  const { letters } = t();
  const names = Object.keys(correction);
  if (names.length === 0) return <p class="muted">{letters.replayAsIs}</p>;
  const before: LetterFields = {};
  const after: LetterFields = {};
  for (const name of names) {
    const [was, is] = [fields[name], correction[name]];
    if (was !== undefined) before[name] = was;
    if (is !== null && is !== undefined) after[name] = is;
  }
  return (
    <div>
      <p>{letters.replayAs}</p>
      <Changes before={before} after={after} />
    </div>
  );
}
