import { type ReadonlySignal, useComputed } from "@preact/signals";
import { Chart, type ChartFrame, type ChartMark, type ChartProps, type Line } from "../chart/chart";
import type { ColourName } from "../chart/paint";
import { lang, t } from "../i18n";
import { ticking } from "../lib/clock";
import { compact, duration, number, timeOf } from "../lib/format";
import type { ProductFeed } from "../lib/live";
import { type Projection, project } from "../lib/projection";
import { setQuery } from "../lib/router";
import {
  type AttemptGroup,
  attemptGroups,
  attempts,
  backlog,
  burnDown,
  type Columns,
  delays,
  resultKinds,
  results,
  type Track,
} from "../lib/series";
import { Choice } from "../ui";
import { signed } from "./mark_list";
import { type Mark, markColours } from "./marks";

/** windows are how far back the charts look, in milliseconds. */
const windows = { "2m": 120_000, "15m": 900_000 };
/** ahead is the share of the window that is yet to come. */
const ahead = 0.08;

interface View {
  feed: ProductFeed;
  marks: ReadonlySignal<readonly Mark[]>;
  /** name of the window. */
  window: keyof typeof windows;
}

/** SaleCharts are the charts of a sale, with one axis of times. */
export function SaleCharts({ feed, marks, wide }: { feed: ProductFeed; marks: View["marks"]; wide: boolean }) {
  const { sale } = t();
  const window = wide ? "15m" : "2m";
  return (
    <div class={feed.stale.value ? "stack stale" : "stack"}>
      <div class="window">
        <Choice
          label={sale.window}
          value={window}
          options={(["2m", "15m"] as const).map((value) => ({ value, text: sale.windows[value] }))}
          onValue={(value) => setQuery({ window: value === "2m" ? undefined : value })}
        />
      </div>
      <Charts key={`${window} ${lang.value}`} feed={feed} marks={marks} window={window} />
    </div>
  );
}

// Of one window and one language: with another it is made anew.
function Charts(view: View) {
  const settled = useComputed(() => view.feed.latest.value?.mode === "SETTLE").value;
  const frame = useFrame(view);
  const axis: Axis = { frame, time: (seconds) => timeOf(seconds * 1000), format: number, short: compact };
  return (
    <div class={settled ? "charts" : "charts even"}>
      {settled && <StockChart view={view} axis={axis} />}
      <Rates view={view} axis={axis} />
      <Delays view={view} axis={axis} />
    </div>
  );
}

type Axis = Pick<ChartProps, "frame" | "time" | "format" | "short">;
interface Drawn {
  view: View;
  axis: Axis;
}

function StockChart({ view, axis }: Drawn) {
  const { sale } = t();
  const { lines } = sale;
  return (
    <ChartCard
      {...axis}
      title={sale.burnDown}
      lines={[
        line(lines.total, "chart-6", [8, 4]),
        { name: lines.gate, colour: "chart-1", broad: true },
        line(lines.left, "chart-2"),
        line(lines.sold, "chart-3", [3, 3]),
      ]}
      data={useColumns(view, burnDown)}
      height={260}
      markTexts
    />
  );
}

function Rates({ view, axis }: Drawn) {
  const { sale } = t();
  return (
    <>
      <ChartCard
        {...axis}
        title={sale.attempts}
        lines={attemptGroups.map((group) => line(sale.groups[group], groupColours[group]))}
        data={useColumns(view, attempts)}
        stacked
      />
      <ChartCard
        {...axis}
        title={sale.results}
        lines={resultKinds.map((kind) => line(sale.kinds[kind], kindColours[kind]))}
        data={useColumns(view, results)}
        stacked
      />
    </>
  );
}

function Delays({ view, axis }: Drawn) {
  const { sale } = t();
  const { lines } = sale;
  return (
    <>
      <ChartCard
        {...axis}
        format={duration}
        short={duration}
        title={sale.delays}
        lines={[line(lines.p50, "chart-2"), line(lines.p99, "chart-4", [5, 3])]}
        data={useColumns(view, delays)}
      />
      <ChartCard
        {...axis}
        title={sale.backlog}
        lines={[line(lines.lag, "chart-5"), line(lines.pending, "chart-3", [5, 3])]}
        data={useColumns(view, backlog)}
      />
    </>
  );
}

const groupColours: Record<AttemptGroup, ColourName> = {
  admitted: "chart-2",
  repeated: "chart-5",
  sold_out: "chart-6",
  limit_reached: "chart-3",
  closed: "chart-1",
  failed: "bad",
};

const kindColours: Record<(typeof resultKinds)[number], ColourName> = {
  SUCCESS: "chart-2",
  FAILED: "chart-6",
  PROCESSING: "chart-1",
};

function line(name: string, colour: ColourName, dash?: number[]): Line {
  return { name, colour, dash };
}

function ChartCard(props: ChartProps) {
  return (
    <section class="card" aria-label={props.title}>
      <Chart {...props} />
    </section>
  );
}

// The axis moves with the clock, whether samples come or not: where none has come is a gap.
function useFrame({ feed, marks, window }: View): ReadonlySignal<ChartFrame> {
  const words = t().sale.marks;
  const length = windows[window];
  return useComputed(() => {
    const now = ticking.value;
    return {
      from: (now - length) / 1000,
      to: (now + length * ahead) / 1000,
      now: now / 1000,
      marks: marks.value.map((mark) => markOf(mark, words)),
      ahead: feed.stale.value ? undefined : aheadOf(project(feed.track.samples)),
    };
  });
}

function markOf(mark: Mark, words: Record<Mark["kind"], string>): ChartMark {
  const units = mark.units === undefined ? "" : ` ${signed(mark.units)}`;
  return { at: mark.at / 1000, text: words[mark.kind] + units, colour: markColours[mark.kind] };
}

function aheadOf(projection: Projection | undefined): ChartFrame["ahead"] {
  if (!projection) return undefined;
  const { at, from } = projection;
  return { colour: "chart-1", from: [from.at / 1000, from.left], to: [at / 1000, 0] };
}

/** margin is how much more than the window is drawn, so that its left end is never bare, in milliseconds. */
const margin = 5_000;

function useColumns({ feed, window }: View, make: (track: Track, from: number) => Columns) {
  return useComputed(() => {
    void feed.revision.value;
    return make(feed.track, ticking.peek() - windows[window] - margin);
  });
}
