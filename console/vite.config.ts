import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { lean } from "./build/lean.ts";
import { licences } from "./build/licences.ts";
import { packed } from "./build/packed.ts";

const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8")) as {
  dependencies: Record<string, string>;
};

export default defineConfig({
  base: "./", // the page works below any path
  build: {
    outDir: "../internal/console/dist",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
    assetsInlineLimit: 0, // the page's policy allows no data: addresses
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { checks: { pluginTimings: false } }, // a busy machine is no news
  },
  plugins: [lean(), licences([...Object.keys(manifest.dependencies), "@preact/signals-core"]), packed()],
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "build/**/*.test.ts"],
    restoreMocks: true,
  },
});
