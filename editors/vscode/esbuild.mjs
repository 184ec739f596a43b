// Bundles the extension into dist/extension.js, or with --tests each test into out/.
import { readdirSync } from "node:fs";
import * as esbuild from "esbuild";

const flags = new Set(process.argv.slice(2));
const production = flags.has("--production");
const shared = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  conditions: ["node"],
  sourcemap: !production,
  minify: production,
  legalComments: "none",
  logLevel: "warning",
};
const extension = {
  ...shared,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  external: ["vscode"],
};
const tests = {
  ...shared,
  entryPoints: readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`),
  outdir: "out",
  outExtension: { ".js": ".cjs" },
};

if (flags.has("--watch")) await (await esbuild.context(extension)).watch();
else await esbuild.build(flags.has("--tests") ? tests : extension);
