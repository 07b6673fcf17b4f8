import { t } from "../i18n";
import type { Tone } from "../lib/announce";
import { hrefOf } from "../lib/router";
import type { Check, CheckLevel } from "../lib/types";
import { Badge, CopyButton, Icon, KeyValues } from "../ui";

/** toneOf is how a level looks. */
export const toneOf: Record<CheckLevel, Tone> = { ok: "ok", warn: "warn", fail: "bad", skipped: "neutral" };

/** LevelBadge says what a check has come to. */
export function LevelBadge({ level }: { level: CheckLevel }) {
  return <Badge tone={toneOf[level]}>{t().preflight.levels[level]}</Badge>;
}

/** CheckItem is one check: what it has come to, and, opened, what that means. What is wrong is open. */
export function CheckItem({ check }: { check: Check }) {
  const { code, level, name, observed } = check;
  return (
    <li>
      {/* a check that comes to something else is another one to open or close */}
      <details key={level} open={level === "fail" || level === "warn"}>
        <summary>
          <LevelBadge level={level} />
          <span class="name">{name}</span>
          <span class="observed muted">{observed}</span>
        </summary>
        <Explained check={check} />
        <p class="mono muted small">{code}</p>
      </details>
    </li>
  );
}

function Explained({ check: { level, observed, expected, impact, action, runbook, message } }: { check: Check }) {
  const { preflight, common } = t();
  return (
    <div class="stack explained">
      {level !== "ok" && message && <p>{message}</p>}
      <KeyValues
        items={[
          observed ? [preflight.observed, <code key="observed">{observed}</code>] : undefined,
          [preflight.expected, expected],
          [preflight.impact, impact],
        ]}
      />
      {action && (
        <div class="action">
          <p>{preflight.action}</p>
          <pre>{action}</pre>
          <CopyButton text={action} />
        </div>
      )}
      <a class="with-icon" href={hrefOf(["runbooks", runbook])}>
        <Icon name="runbooks" />
        {common.runbook}
      </a>
    </div>
  );
}
