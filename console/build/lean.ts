import type { Plugin } from "vite";

/** unused are the parts of uPlot that the console has no use for, as the library hands them out. */
const unused = ["\tuPlot.join = join;\n", "\t(paths.bars    = bars);\n", "\t(paths.spline  = monotoneCubic);\n"];

/**
 * lean has the build leave out what uPlot offers and the console does not use: bars, curves, joins. What
 * is not handed out is shaken off.
 */
export function lean(): Plugin {
  return {
    name: "lean",
    apply: "build",
    transform: {
      filter: { id: /uPlot\.esm\.js$/ },
      handler: (code) => without(code, unused),
    },
  };
}

/** without takes parts out of a text; a part that is not there once is an error, as after an upgrade. */
export function without(text: string, parts: readonly string[]): string {
  return parts.reduce((rest, part) => {
    const pieces = rest.split(part);
    if (pieces.length !== 2) throw new Error(`there is not one ${JSON.stringify(part)}`);
    return pieces.join("");
  }, text);
}
