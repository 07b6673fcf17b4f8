import { t } from "../i18n";
import type { Tone } from "../lib/announce";
import type { LetterReason, LetterStatus } from "../lib/types";
import { Badge, type IconName } from "../ui";

/** letterReasons are all reasons, in the order in which they are offered. */
export const letterReasons: readonly LetterReason[] = [
  "INVALID_UID",
  "INVALID_TS",
  "INVALID_RID",
  "STREAM_ID_REUSED",
  "TOO_MANY_DELIVERIES",
  "REJECTED_BY_DATABASE",
];

/** letterStatuses are all statuses. */
export const letterStatuses: readonly LetterStatus[] = ["OPEN", "REPLAYED", "DISCARDED"];

const looks: Record<LetterStatus, { tone: Tone; icon: IconName }> = {
  OPEN: { tone: "warn", icon: "letters" },
  REPLAYED: { tone: "ok", icon: "check" },
  DISCARDED: { tone: "neutral", icon: "close" },
};

/** LetterBadge says how a letter stands. */
export function LetterBadge({ status }: { status: LetterStatus }) {
  return <Badge {...looks[status]}>{t().letters.statuses[status]}</Badge>;
}
