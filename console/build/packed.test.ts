import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { repack } from "./packed.ts";

const packer = {
  suffix: ".gz",
  pack: (data: Buffer) => gzipSync(data, { level: 9 }),
  unpack: (data: Buffer) => gunzipSync(data),
};

test("a packed file that has the right content stays byte for byte", () => {
  const data = Buffer.from("the same ".repeat(100));
  const other = gzipSync(data, { level: 1 });
  expect(repack(packer, data, other)).toBe(other);
});

test("what has changed, or is broken, is packed anew", () => {
  const data = Buffer.from("new");
  for (const before of [undefined, gzipSync(Buffer.from("old")), Buffer.from("no gzip")]) {
    expect(gunzipSync(repack(packer, data, before)).toString()).toBe("new");
  }
});
