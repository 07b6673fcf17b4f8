import { t } from "../i18n";
import { ago, momentOf, utcOf, type When } from "../lib/format";

/** Zoned is a moment in the viewer's zone and in UTC, one under the other. */
export function Zoned({ at, relative }: { at: When; relative?: boolean }) {
  return (
    <time class="zoned" dateTime={new Date(at).toISOString()}>
      <span>{momentOf(at)}</span>
      <small class="muted">{t().common.utc(utcOf(at))}</small>
      {relative && <small class="muted">{ago(at)}</small>}
    </time>
  );
}
