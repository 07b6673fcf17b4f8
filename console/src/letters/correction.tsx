import { useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { announce } from "../lib/announce";
import { api } from "../lib/api";
import { can } from "../lib/session";
import type { LetterDetail, LetterPreview } from "../lib/types";
import { Button, Card, Notice, Problem } from "../ui";
import { ActDialog } from "./act_dialog";
import { addedField, correctionOf, draftOf, type FieldDraft, faultOf } from "./draft";
import { FieldRow } from "./field_row";

/** Correction is the form of a letter's fields, what a replay of them would do, and the replay. */
export function Correction({ letter, refresh }: { letter: LetterDetail; refresh(): void }) {
  const { letters } = t();
  const [draft, setDraft] = useState(() => firstDraft(letter));
  const [asked, setAsked] = useState(false);
  const count = useRef(0);
  const preview = usePreview();
  const correction = correctionOf(letter.fields, draft);
  const untouched = JSON.stringify(correction) === JSON.stringify(correctionOf(letter.fields, firstDraft(letter)));
  const shut = letter.status === "OPEN" ? undefined : letters.notOpen(letters.statuses[letter.status]);
  const faulty = draft.some((field) => faultOf(field, draft)) ? letters.faulty : undefined;
  const change = (next: FieldDraft[]) => {
    setDraft(next);
    preview.forget();
  };
  const add = () => change([...draft, addedField("", String(++count.current))]);
  return (
    <Card title={letters.fields}>
      <div class="stack">
        <div class="letter-fields">
          {draft.map((field) => (
            <FieldRow
              key={field.key}
              field={field}
              fixed={shut !== undefined || !can("dead_letter.replay")}
              fault={faultOf(field, draft)}
              changed={Object.hasOwn(correction, field.name)}
              set={(next) => change(draft.map((other) => (other === field ? next : other)))}
              drop={() => change(draft.filter((other) => other !== field))}
            />
          ))}
        </div>
        <div class="row">
          <Button icon="plus" action="dead_letter.replay" reason={shut} onClick={add}>
            {letters.addField}
          </Button>
          {!untouched && (
            <Button kind="quiet" icon="back" onClick={() => change(firstDraft(letter))}>
              {letters.undo}
            </Button>
          )}
        </div>
        <Told preview={preview} />
        <div class="row">
          <Button
            icon="preflight"
            action="dead_letter.preview"
            reason={shut ?? faulty}
            busy={preview.busy}
            onClick={() => preview.ask(() => api.previewLetter(letter.id, correction))}
          >
            {letters.preview}
          </Button>
          <Button
            kind="primary"
            icon="refresh"
            action="dead_letter.replay"
            reason={shut ?? faulty}
            onClick={() => setAsked(true)}
          >
            {letters.replay}
          </Button>
        </div>
        <p class="hint">{letters.previewHint}</p>
      </div>
      {asked && (
        <ActDialog
          act="replay"
          letter={letter}
          correction={correction}
          onDone={refresh}
          onClose={() => setAsked(false)}
        />
      )}
    </Card>
  );
}

// A letter that lacks a user is given the field that is wanted.
function firstDraft({ fields, reason, status }: LetterDetail): FieldDraft[] {
  const draft = draftOf(fields);
  const lacks = status === "OPEN" && can("dead_letter.replay") && reason === "INVALID_UID" && fields.uid === undefined;
  return lacks ? [addedField("uid", "uid"), ...draft] : draft;
}

interface Preview {
  said?: LetterPreview;
  error?: Error;
  busy: boolean;
  ask(question: () => Promise<LetterPreview>): void;
  forget(): void;
}

/** usePreview asks what a replay would do; an answer to fields that have changed since is dropped. */
function usePreview(): Preview {
  const [state, setState] = useState<Pick<Preview, "said" | "error" | "busy">>({ busy: false });
  const asked = useRef(0);
  return {
    ...state,
    ask: async (question) => {
      const mine = ++asked.current;
      setState({ busy: true });
      const next = await question().then(
        (said) => ({ said, busy: false }),
        (error: Error) => ({ error, busy: false }),
      );
      if (mine !== asked.current) return;
      setState(next);
      if ("said" in next) announce(tellOf(next.said).title);
    },
    forget: () => {
      asked.current++;
      setState({ busy: false });
    },
  };
}

function Told({ preview: { said, error } }: { preview: Preview }) {
  if (error) return <Problem error={error} />;
  if (!said) return null;
  const { tone, title, text, code } = tellOf(said);
  return (
    <Notice tone={tone} title={title}>
      <p class="row">
        {code && <code>{code}</code>}
        {text}
      </p>
    </Notice>
  );
}

/** tellOf says in words what a replay would do. */
function tellOf({ valid, reason, decision }: LetterPreview) {
  const { letters, attempts } = t();
  const textIn = (texts: object, code: string | undefined): string =>
    code && code in texts ? ((texts as Record<string, string>)[code] ?? "") : "";
  if (!valid)
    return { tone: "bad" as const, title: letters.stillBad, code: reason, text: textIn(letters.reasons, reason) };
  if (!decision) return { tone: "info" as const, title: letters.wouldGo, code: undefined, text: "" };
  return {
    tone: decision.status === "FAILED" ? ("warn" as const) : ("ok" as const),
    title: letters.wouldBe[decision.status],
    code: decision.reason,
    text: textIn(attempts.reasons, decision.reason),
  };
}
