import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import uPlot from "uplot";
import { type Columns, stack } from "../lib/series";
import { Legend, Rows } from "./legend";
import { optionsOf } from "./options";
import { type ColourName, paint } from "./paint";

/** Line is one line, or one area, of a chart. */
export interface Line {
  name: string;
  colour: ColourName;
  /** dash tells lines apart where colours do not. */
  dash?: number[];
  /** broad is a band behind a line that may run upon it. */
  broad?: boolean;
}

/** ChartMark is a moment that all charts show. */
export interface ChartMark {
  /** at is when, in Unix seconds. */
  at: number;
  text: string;
  colour: ColourName;
}

/** Frame is what a chart shows besides its lines. */
export interface ChartFrame {
  /** from and to are the ends of the axis of times, in Unix seconds. */
  from: number;
  to: number;
  /** now is the service's time; what is right of it has not happened yet. */
  now: number;
  marks: readonly ChartMark[];
  /** ahead is a line into the future: two points, each a time in Unix seconds and a value. */
  ahead?: { colour: ColourName; from: [number, number]; to: [number, number] };
}

/** ChartProps are what a chart is given. Its lines and its kind do not change. */
export interface ChartProps {
  title: string;
  lines: readonly Line[];
  /** stacked draws areas of whole seconds, each upon those before it. */
  stacked?: boolean;
  /** data has the values of the lines, not stacked, and changes each second. */
  data: ReadonlySignal<Columns>;
  frame: ReadonlySignal<ChartFrame>;
  /** format writes a value; short writes it on the axis. */
  format(value: number): string;
  short(value: number): string;
  time(seconds: number): string;
  /** height of the drawing, in pixels. */
  height?: number;
  /** markTexts writes the words of the marks, which one chart of a page does. */
  markTexts?: boolean;
  /** children stand under the drawing. */
  children?: ComponentChildren;
}

/** sync ties the cursors of all charts of a page. */
const sync = uPlot.sync("charts");

/**
 * Chart is a figure: a drawing, a caption of the present values (or of those under the pointer), and the
 * numbers as a table for who cannot see it. New data is drawn into the same canvas.
 */
export function Chart(props: ChartProps) {
  const { title, lines, data, height = 180 } = props;
  const place = useRef<HTMLDivElement>(null);
  const cursor = useSignal<number | undefined>(undefined);
  const id = useId();
  const given = useRef(props);
  given.current = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot reads what changes by itself
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const at = (index: number | undefined) => {
      // The row that closes the last second of an area is none of the data.
      cursor.value = index === undefined ? undefined : Math.min(index, data.peek()[0].length - 1);
    };
    const plot = new uPlot(optionsOf(given, element.clientWidth, height, sync.key, at), [[]], element);
    const stop = effect(() => draw(plot, given.current));
    const watcher = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    watcher.observe(element);
    return () => {
      stop();
      watcher.disconnect();
      plot.destroy();
    };
  }, [height]);

  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption>
        <span class="title" id={id}>
          {title}
        </span>
        <Legend
          lines={lines}
          data={data}
          cursor={cursor}
          format={props.format}
          time={props.time}
          area={props.stacked}
        />
      </figcaption>
      <div class="plot" ref={place} aria-hidden="true" />
      <Rows title={title} lines={lines} data={data} format={props.format} time={props.time} />
      {props.children}
    </figure>
  );
}

// Reads the signals, so that it is called again when one of them changes.
function draw(plot: uPlot, { data, frame, stacked }: ChartProps): void {
  void paint.value;
  void frame.value;
  plot.setData((stacked ? stackedUp(data.value) : data.value) as uPlot.AlignedData);
}

// The highest first, so that each area is drawn over those that reach beyond it; and a row at
// the end of the last second, which is as wide as the others.
function stackedUp(data: Columns): Columns {
  const [times, ...sums] = stack(data);
  const end = times.at(-1);
  if (end === undefined) return [times, ...sums];
  return [[...times, end + 1], ...sums.map((column) => [...column, column.at(-1) ?? null]).reverse()];
}
