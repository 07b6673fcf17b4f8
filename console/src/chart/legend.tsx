import type { ReadonlySignal } from "@preact/signals";
import { t } from "../i18n";
import { dash } from "../lib/format";
import type { Columns } from "../lib/series";
import type { Line } from "./chart";

interface Common {
  lines: readonly Line[];
  data: ReadonlySignal<Columns>;
  format(value: number): string;
  time(seconds: number): string;
}

/** Legend names the lines with their present values, or with those under the pointer. */
export function Legend(props: Common & { cursor: ReadonlySignal<number | undefined>; area?: boolean }) {
  const { lines, data, cursor, format, time, area } = props;
  const index = cursor.value ?? lastKnown(data.value);
  const at = cursor.value === undefined ? undefined : data.value[0][cursor.value];
  return (
    <>
      <ul class="legend">
        {lines.map((line, i) => {
          const value = index === undefined ? undefined : data.value[i + 1]?.[index];
          return (
            <li key={line.name}>
              <Swatch line={line} area={area} />
              {line.name}
              <b>{typeof value === "number" ? format(value) : dash}</b>
            </li>
          );
        })}
      </ul>
      <span class="when" aria-hidden="true">
        {at === undefined ? "" : time(at)}
      </span>
    </>
  );
}

// The newest row in which anything is known.
function lastKnown(data: Columns): number | undefined {
  const [times, ...values] = data;
  for (let i = times.length - 1; i >= 0; i--) {
    if (values.some((column) => column[i] != null)) return i;
  }
  return undefined;
}

function Swatch({ line, area }: { line: Line; area: boolean | undefined }) {
  return (
    <svg class={`swatch ${line.colour}`} viewBox="0 0 18 10" aria-hidden="true">
      {area ? (
        <rect width="18" height="10" rx="2" />
      ) : (
        <path
          d="M0 5h18"
          stroke-width={line.broad ? 8 : 2}
          stroke-opacity={line.broad ? 0.4 : undefined}
          stroke-dasharray={line.dash?.join(" ")}
        />
      )}
    </svg>
  );
}

/** rowsShown is how many rows the table of a chart has at most. */
const rowsShown = 12;

/** Rows are the numbers of a chart for who cannot see it, a dozen moments of its time. */
export function Rows({ title, lines, data, format, time }: Common & { title: string }) {
  const [times, ...values] = data.value;
  return (
    <div class="unseen">
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t().sale.time}</th>
            {lines.map((line) => (
              <th key={line.name} scope="col">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowsOf(times).map((i) => (
            <tr key={times[i]}>
              <th scope="row">{time(times[i] as number)}</th>
              {values.map((column, n) => (
                <td key={lines[n]?.name}>{column[i] == null ? dash : format(column[i] as number)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// Moments that stay the same from second to second: a reader is not moved along.
function rowsOf(times: readonly number[]): number[] {
  const length = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const step = Math.max(10, Math.ceil(length / rowsShown / 10) * 10);
  const rows: number[] = [];
  let slot = -1;
  times.forEach((at, i) => {
    const mine = Math.floor(at / step);
    if (mine !== slot) rows.push(i);
    slot = mine;
  });
  return rows;
}
