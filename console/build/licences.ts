import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** licences writes the licences of what is bundled into LICENSES.txt, as they demand. */
export function licences(packages: string[]): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const parts = [...packages].sort().map((name) => {
        const folder = new URL(`../node_modules/${name}/`, import.meta.url);
        const { version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as { version: string };
        const text = readFileSync(new URL("LICENSE", folder), "utf8").trim();
        return `${name} ${version}\n\n${text}\n`;
      });
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: parts.join(`\n${"-".repeat(72)}\n\n`) });
    },
  };
}
