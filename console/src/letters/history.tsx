import { letterKinds } from "../attempts/timeline";
import { t } from "../i18n";
import type { LetterAct, LetterField, LetterFields } from "../lib/types";
import { Card, Time } from "../ui";
import { changesOf, textOf } from "./draft";

/** History is what was done to a letter, the last first. */
export function History({ acts }: { acts: readonly LetterAct[] }) {
  const { letters, attempts } = t();
  return (
    <Card title={letters.history}>
      {acts.length === 0 ? (
        <p class="muted">{letters.noHistory}</p>
      ) : (
        <ol class="history">
          {[...acts].reverse().map((act) => (
            <li key={act.at}>
              <p class="row">
                <strong>{attempts.steps[letterKinds[act.action]]}</strong>
                <span>{act.actor}</span>
                <span class="muted">
                  <Time at={act.at} />
                </span>
              </p>
              {act.note && <q>{act.note}</q>}
              <Changes before={act.before} after={act.after} />
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** Changes lists what was changed of the fields. */
export function Changes({ before, after }: { before?: LetterFields; after?: LetterFields }) {
  const changes = changesOf(before, after);
  if (changes.length === 0) return null;
  return (
    <ul class="changes">
      {changes.map((change) => (
        <li key={change.name}>
          <code>{change.name}</code> <Value of={change.before} as="del" /> <span aria-hidden="true">→</span>{" "}
          <Value of={change.after} as="ins" />
        </li>
      ))}
    </ul>
  );
}

function Value({ of, as: Mark }: { of: LetterField | undefined; as: "del" | "ins" }) {
  const text = textOf(of);
  if (text === undefined) return <span class="muted">{t().letters.absent}</span>;
  return (
    <Mark>
      <code>{text === "" ? '""' : text}</code>
    </Mark>
  );
}
