import { t } from "../i18n";
import type { LetterAct, LetterField, LetterFields } from "../lib/types";
import { Card, Time } from "../ui";
import { changesOf, textOf } from "./draft";

/** History is what was done to a letter, the last first. */
export function History({ acts }: { acts: readonly LetterAct[] }) {
  const { letters } = t();
  return (
    <Card title={letters.history}>
      {acts.length === 0 ? (
        <p class="muted">{letters.noHistory}</p>
      ) : (
        <ol class="history">
          {[...acts].reverse().map((act) => (
            <li key={act.at}>
              <p class="row">
                <strong>{letters.act[act.action]}</strong>
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
          <code>{change.name}</code>{" "}
          <del>
            <Value of={change.before} />
          </del>{" "}
          <span aria-hidden="true">→</span>{" "}
          <ins>
            <Value of={change.after} />
          </ins>
        </li>
      ))}
    </ul>
  );
}

function Value({ of }: { of: LetterField | undefined }) {
  const text = textOf(of);
  return text === undefined ? <span>{t().letters.absent}</span> : <code>{text === "" ? '""' : text}</code>;
}
