// The checks of a pre-flight, in the order in which somebody works through them.

import type { Check, CheckArea, CheckLevel } from "../lib/types";

/** areas are what checks are about, in the order in which they are shown. */
export const areas: readonly CheckArea[] = ["redis", "postgres", "service", "product"];

/** levels are what a check can come to, the worst first. */
export const levels: readonly CheckLevel[] = ["fail", "warn", "skipped", "ok"];

/** Group is the checks of an area, and how many came to what. */
export interface Group {
  area: CheckArea;
  checks: Check[];
  counts: Record<CheckLevel, number>;
}

/** countsOf counts checks by level. */
export function countsOf(checks: readonly Check[]): Record<CheckLevel, number> {
  const counts = { fail: 0, warn: 0, skipped: 0, ok: 0 };
  for (const { level } of checks) counts[level]++;
  return counts;
}

/**
 * groupsOf puts checks into their areas. Within one they stay as the service has them, each behind those
 * that it depends on; areas without a check are left out. problems leaves out what is well.
 */
export function groupsOf(checks: readonly Check[], problems: boolean): Group[] {
  return areas
    .map((area) => {
      const all = checks.filter((check) => check.area === area);
      return { area, counts: countsOf(all), checks: problems ? all.filter(({ level }) => level !== "ok") : all };
    })
    .filter((group) => group.checks.length > 0);
}
