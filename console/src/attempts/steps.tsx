import { t } from "../i18n";
import type { Tone } from "../lib/announce";
import { duration } from "../lib/format";
import { hrefOf } from "../lib/router";
import { Icon, type IconName, Time } from "../ui";
import type { Step, StepKind } from "./timeline";

const looks: Record<StepKind, { tone: Tone; icon: IconName }> = {
  arrived: { tone: "neutral", icon: "streams" },
  dead: { tone: "bad", icon: "letters" },
  replayed: { tone: "info", icon: "refresh" },
  discarded: { tone: "neutral", icon: "close" },
  reopened: { tone: "info", icon: "open" },
  stored: { tone: "info", icon: "clock" },
  won: { tone: "ok", icon: "check" },
  refused: { tone: "neutral", icon: "close" },
  resolved: { tone: "ok", icon: "check" },
  failed: { tone: "neutral", icon: "close" },
  ordered: { tone: "info", icon: "product" },
  confirmed: { tone: "ok", icon: "product" },
  paid: { tone: "ok", icon: "check" },
  cancelled: { tone: "neutral", icon: "close" },
  expired: { tone: "warn", icon: "clock" },
  returned: { tone: "neutral", icon: "back" },
  unwanted: { tone: "bad", icon: "warn" },
  denied: { tone: "warn", icon: "lock" },
  due: { tone: "warn", icon: "clock" },
};

/** Steps is the way of an attempt, its beginning first. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <OneStep key={`${step.kind} ${step.at}`} step={step} />
      ))}
    </ol>
  );
}

function OneStep({ step }: { step: Step }) {
  const { attempts } = t();
  const { tone, icon } = looks[step.kind];
  return (
    <li class={tone}>
      <span class="mark">
        <Icon name={icon} />
      </span>
      <div>
        <p class="what">{attempts.steps[step.kind]}</p>
        <p class="when muted">
          <Time at={step.at} />
          {step.after !== undefined && ` · ${attempts.later(duration(step.after))}`}
        </p>
        <Details step={step} />
      </div>
    </li>
  );
}

function Details({ step: { reason, actor, note, ref, letterId, orderId } }: { step: Step }) {
  const { attempts } = t();
  const why =
    reason && reason in attempts.reasons ? attempts.reasons[reason as keyof typeof attempts.reasons] : undefined;
  if (!reason && !actor && !note && !ref && !letterId && !orderId) return null;
  return (
    <p class="row">
      {reason && <code>{reason}</code>}
      {why && <span class="muted">{why}</span>}
      {letterId && <a href={hrefOf(["dead-letters", letterId])}>{attempts.letter(letterId)}</a>}
      {orderId && <code>{attempts.order(orderId)}</code>}
      {ref && <span>{attempts.ref(ref)}</span>}
      {actor && <span>{attempts.by_(actor)}</span>}
      {note && <q class="muted">{note}</q>}
    </p>
  );
}
