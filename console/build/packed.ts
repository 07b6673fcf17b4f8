import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

interface Packer {
  suffix: string;
  pack(data: Buffer): Buffer;
  unpack(data: Buffer): Buffer;
}

// The blocks of deflate are shorter with memLevel 6: code, English and Chinese each get codes of their own,
// which takes a hundredth off the script.
const packers: Packer[] = [
  { suffix: ".gz", pack: (data) => gzipSync(data, { level: 9, memLevel: 6 }), unpack: (data) => gunzipSync(data) },
  {
    suffix: ".br",
    pack: (data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: data.length } }),
    unpack: (data) => brotliDecompressSync(data),
  },
];

/**
 * packed writes each file of the build compressed beside it. A compressed file that still has the
 * right content stays as it is, byte for byte, whatever zlib this Node was built with.
 */
export function packed(): Plugin {
  let folder = "";
  const before = new Map<string, Buffer>();
  return {
    name: "packed",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    buildStart() {
      before.clear();
      for (const name of filesOf(folder)) before.set(name, readFileSync(join(folder, name)));
    },
    writeBundle() {
      for (const name of filesOf(folder)) {
        const data = readFileSync(join(folder, name));
        for (const packer of packers) {
          writeFileSync(join(folder, name + packer.suffix), repack(packer, data, before.get(name + packer.suffix)));
        }
      }
    },
  };
}

/** repack returns data packed: as before, if that holds the same. */
export function repack(packer: Packer, data: Buffer, before: Buffer | undefined): Buffer {
  try {
    if (before && packer.unpack(before).equals(data)) return before;
  } catch {
    // what was there is broken
  }
  return packer.pack(data);
}

/** filesOf lists the files below a folder, in a fixed order. */
function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
