// This script builds ../dist from src: the page, its script, its style, and the licences
// of the bundled packages, each compressed. The same sources give the same bytes.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);

const made = await build({
  entryPoints: { app: "src/main.js" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
  outdir: "dist",
  legalComments: "none",
  metafile: true,
  loader: { ".css": "css" },
});

mkdirSync(dist, { recursive: true });
for (const old of readdirSync(dist)) {
  if (old.endsWith(".gz")) rmSync(new URL(old, dist));
}

let total = 0;
function write(name, text) {
  const packed = gzipSync(text, { level: 9 });
  packed[9] = 255; // the same on every operating system
  writeFileSync(new URL(name + ".gz", dist), packed);
  total += packed.length;
  console.log(`${name} ${Math.ceil(packed.length / 1024)} KiB`);
}

for (const file of made.outputFiles) write(file.path.split("/").pop(), file.contents);
write("index.html", readFileSync("src/index.html"));
write("icon.svg", readFileSync("src/icon.svg"));
write("LICENSES.txt", licences(Object.keys(made.metafile.inputs)));
console.log(`in all ${Math.ceil(total / 1024)} KiB`);

// licences returns the licences of the packages in the bundle.
function licences(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  return [...packages]
    .sort()
    .map((name) => {
      const dir = `node_modules/${name}/`;
      const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
      const { version, license } = JSON.parse(readFileSync(dir + "package.json"));
      return `${name} ${version} (${license})\n\n${file ? readFileSync(dir + file) : ""}`;
    })
    .join("\n" + "-".repeat(72) + "\n\n");
}
