import { computed } from "@preact/signals";
import { locale } from "../i18n";

const formats = computed(() => {
  const l = locale.value;
  return {
    number: new Intl.NumberFormat(l),
    decimal: new Intl.NumberFormat(l, { maximumFractionDigits: 1 }),
    compact: new Intl.NumberFormat(l, { notation: "compact", maximumFractionDigits: 1 }),
    percent: new Intl.NumberFormat(l, { style: "percent", maximumFractionDigits: 1 }),
    time: new Intl.DateTimeFormat(l, { timeStyle: "medium" }),
    moment: new Intl.DateTimeFormat(l, { dateStyle: "medium", timeStyle: "medium" }),
    utc: new Intl.DateTimeFormat(l, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" }),
    relative: new Intl.RelativeTimeFormat(l, { numeric: "auto" }),
    plural: new Intl.PluralRules(l),
    list: new Intl.ListFormat(l, { type: "conjunction" }),
    units: unitsOf(l),
  };
});

type Unit = "millisecond" | "second" | "minute" | "hour" | "day";

function unitsOf(l: string): Record<Unit, Intl.NumberFormat> {
  const of = (unit: Unit) =>
    new Intl.NumberFormat(l, { style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: 1 });
  return {
    millisecond: of("millisecond"),
    second: of("second"),
    minute: of("minute"),
    hour: of("hour"),
    day: of("day"),
  };
}

/** dash stands for a number that is not known. */
export const dash = "–";

/** number writes a count with separators; what is not known is a dash. */
export function number(n: number | bigint | undefined): string {
  return n === undefined ? dash : formats.value.number.format(n);
}

/** decimal writes a number with one decimal at most. */
export function decimal(n: number | undefined): string {
  return n === undefined ? dash : formats.value.decimal.format(n);
}

/** compact writes a number in little room: 12.5K. */
export function compact(n: number): string {
  return formats.value.compact.format(n);
}

/** percent writes a share (0–1). */
export function percent(share: number | undefined): string {
  return share === undefined ? dash : formats.value.percent.format(share);
}

/** duration writes milliseconds in the one or two units that matter: 1.2s, 3m 20s, 2d 4h. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return dash;
  const { units } = formats.value;
  if (ms < 1000) return units.millisecond.format(Math.round(ms));
  if (ms < 60_000) return units.second.format(ms / 1000);
  const steps: [Unit, number][] = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1000],
  ];
  const first = steps.findIndex(([, size]) => ms >= size);
  return steps.slice(first, first + 2).reduce(
    ({ rest, words }, [unit, size]) => {
      const n = Math.floor(rest / size);
      return {
        rest: rest - n * size,
        words: n > 0 || words === "" ? `${words} ${units[unit].format(n)}`.trim() : words,
      };
    },
    { rest: ms, words: "" },
  ).words;
}

/** clock writes a countdown as 01:02:03, with days in front when there are some. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const days = Math.floor(seconds / 86_400);
  const rest = `${two((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return days > 0 ? `${formats.value.units.day.format(days)} ${rest}` : rest;
}

/** When is a moment: RFC 3339, milliseconds of Unix time, or a Date. */
export type When = string | number | Date;

/** timeOf writes the time of day, in the viewer's zone. */
export function timeOf(when: When | undefined): string {
  return when === undefined ? dash : formats.value.time.format(new Date(when));
}

/** momentOf writes date and time, in the viewer's zone. */
export function momentOf(when: When | undefined): string {
  return when === undefined ? dash : formats.value.moment.format(new Date(when));
}

/** utcOf writes date and time in UTC. */
export function utcOf(when: When | undefined): string {
  return when === undefined ? dash : formats.value.utc.format(new Date(when));
}

/** ago writes how long ago or ahead a moment is: 3 minutes ago, in 2 hours. */
export function ago(when: When, now = Date.now()): string {
  const seconds = (new Date(when).getTime() - now) / 1000;
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return formats.value.relative.format(Math.round(seconds / size), unit);
}

/** zone is the name of the viewer's time zone. */
export function zone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** plural chooses a text by a number: plural(n, { one: "1 unit", other: `${n} units` }). */
export function plural(n: number, forms: { one: string; other: string }): string {
  return formats.value.plural.select(n) === "one" ? forms.one : forms.other;
}

/** listOf joins words as a sentence does. */
export function listOf(words: readonly string[]): string {
  return formats.value.list.format(words);
}
