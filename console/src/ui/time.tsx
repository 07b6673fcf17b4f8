import { t } from "../i18n";
import { momentOf, timeOf, utcOf, type When } from "../lib/format";

/** Time is a moment in the viewer's zone; its title has it in UTC. short leaves the date out. */
export function Time({ at, short }: { at: When; short?: boolean }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={t().common.utc(utcOf(at))}>
      {short ? timeOf(at) : momentOf(at)}
    </time>
  );
}
