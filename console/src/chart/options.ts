// How uPlot draws a chart.

import uPlot from "uplot";
import type { ChartProps, Line } from "./chart";
import { faint, paint } from "./paint";

type Given = { readonly current: ChartProps };

/** optionsOf makes uPlot's options; what changes is read from given when it draws. */
export function optionsOf(
  given: Given,
  width: number,
  height: number,
  sync: string,
  onCursor: (index: number | undefined) => void,
): uPlot.Options {
  const { lines, stacked } = given.current;
  const series = lines.map((line) => (stacked ? areaOf(line) : lineOf(line)));
  return {
    width,
    height,
    legend: { show: false },
    padding: [given.current.markTexts ? 22 : 10, 26, 0, 0],
    cursor: {
      drag: { x: false, y: false },
      y: false,
      points: { show: !stacked },
      sync: { key: sync, setSeries: false },
    },
    scales: {
      x: { time: true, range: () => [given.current.frame.value.from, given.current.frame.value.to] },
      y: { range: (_, __, max) => [0, roomAbove(max)] },
    },
    axes: axesOf(given),
    series: [{}, ...(stacked ? series.reverse() : series)],
    hooks: {
      drawClear: [(plot) => drawNow(plot, given.current)],
      draw: [(plot) => drawAhead(plot, given.current), (plot) => drawMarks(plot, given.current)],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? undefined)],
    },
  };
}

function roomAbove(max: number | null): number {
  return max !== null && max > 0 ? max * 1.06 : 1;
}

function lineOf({ name, colour, dash, broad }: Line): uPlot.Series {
  const stroke = () => (broad ? faint(paint.value[colour], 0.4) : paint.value[colour]);
  const width = broad ? 7 : 1.75;
  const points = { show: true, size: 4, width: 0, fill: stroke, filter: alone };
  return { label: name, stroke, dash, width, points, spanGaps: false };
}

// The points that no line leads to or from: they would not be seen.
function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const [first, last] = plot.series[0]?.idxs ?? [0, values.length - 1];
  const found: number[] = [];
  for (let i = first; i <= last; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  }
  return found;
}

const steps = uPlot.paths.stepped?.({ align: 1 });

function areaOf({ name, colour }: Line): uPlot.Series {
  // Opaque: areas lie upon each other, and each has to look as its legend does. The line round
  // it tells a second of nothing from one of which nothing is known.
  const fill = () => `color-mix(in srgb, ${paint.value[colour]} 82%, ${paint.value.surface})`;
  return { label: name, stroke: fill, fill, width: 1, paths: steps, points: { show: false }, spanGaps: false };
}

// What is drawn is counts and milliseconds: an axis names no parts of them.
const wholeSteps = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();

const font = '11px system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif';

function axesOf(given: Given): uPlot.Axis[] {
  const common = { font, stroke: () => paint.value.muted };
  const lines = { stroke: () => paint.value.line, width: 1 };
  return [
    {
      ...common,
      size: 26,
      space: 70,
      gap: 4,
      grid: { show: false },
      ticks: { ...lines, size: 4 },
      values: (_, splits) => splits.map((at) => given.current.time(at)),
    },
    {
      ...common,
      size: 54,
      gap: 6,
      space: 36,
      incrs: wholeSteps,
      grid: lines,
      ticks: { show: false },
      values: (_, splits) => splits.map((value) => given.current.short(value)),
    },
  ];
}

// What has not happened yet is another ground.
function drawNow(plot: uPlot, { frame }: ChartProps): void {
  const { ctx, bbox } = plot;
  const from = plot.valToPos(frame.value.now, "x", true);
  const right = bbox.left + bbox.width;
  if (from >= right) return;
  ctx.save();
  ctx.fillStyle = faint(paint.value.muted, 0.07);
  ctx.fillRect(from, bbox.top, right - from, bbox.height);
  ctx.restore();
}

// Lines that uPlot knows nothing of stay within its box.
function within(plot: uPlot, paintIt: (ctx: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.lineWidth = uPlot.pxRatio;
  paintIt(ctx);
  ctx.restore();
}

function drawAhead(plot: uPlot, { frame }: ChartProps): void {
  const { ahead } = frame.value;
  if (!ahead) return;
  within(plot, (ctx) => {
    ctx.strokeStyle = paint.value[ahead.colour];
    ctx.lineWidth = 1.5 * uPlot.pxRatio;
    ctx.setLineDash([2 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    ctx.beginPath();
    ctx.moveTo(plot.valToPos(ahead.from[0], "x", true), plot.valToPos(ahead.from[1], "y", true));
    ctx.lineTo(plot.valToPos(ahead.to[0], "x", true), plot.valToPos(ahead.to[1], "y", true));
    ctx.stroke();
  });
}

function drawMarks(plot: uPlot, { frame, markTexts }: ChartProps): void {
  const { bbox } = plot;
  const px = uPlot.pxRatio;
  within(plot, (ctx) => {
    ctx.font = font.replace("11px", `${11 * px}px`);
    let free = Number.NEGATIVE_INFINITY;
    for (const mark of frame.value.marks) {
      const x = plot.valToPos(mark.at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = paint.value[mark.colour];
      ctx.setLineDash([4 * px, 3 * px]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (!markTexts) continue;
      // Words that would stand upon each other are left to the list below.
      const width = ctx.measureText(mark.text).width;
      const left = Math.min(x, bbox.left + bbox.width - width);
      if (left < free) continue;
      ctx.fillStyle = paint.value[mark.colour];
      ctx.fillText(mark.text, left, bbox.top - 6 * px);
      free = left + width + 8 * px;
    }
  });
}
