import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import manifest from "../package.json";

const sources = readFileSync("src/extension.ts", "utf8");
const { contributes } = manifest;
const declared = new Set(contributes.commands.map(({ command }) => command));

test("every declared command is registered, and every bound one declared", () => {
  for (const command of declared) {
    const name = command.slice("rtlwright.".length);
    assert.match(sources, new RegExp(`["\\s]${name.replace(".", "\\.")}"?[:,]`), command);
  }
  const used = [contributes.keybindings, ...Object.values(contributes.menus)].flat();
  for (const { command } of used) assert.ok(declared.has(command), command);
});

test("no key fights Tab, Escape or Enter, and all bindings are for Verilog alone", () => {
  for (const { command, key, when } of contributes.keybindings) {
    assert.doesNotMatch(key, /^(shift\+)?(tab|escape|enter)$/, command);
    assert.match(when, /editorLangId =~/, command);
  }
});

test("every setting has a description and files that are named exist", () => {
  const settings = contributes.configuration.flatMap(({ properties }) => Object.entries<object>({ ...properties }));
  for (const [key, setting] of settings) assert.ok("description" in setting || "markdownDescription" in setting, key);
  const media: { markdown?: string; image?: string }[] = contributes.walkthroughs.flatMap(({ steps }) => steps.map((step) => step.media));
  const walkthrough = media.map(({ markdown, image }) => markdown ?? image);
  const files = [manifest.icon, ...contributes.grammars.map(({ path }) => path), ...walkthrough];
  for (const file of files) assert.ok(file !== undefined && existsSync(file), file);
});

test("nothing reports to anybody", () => {
  const bundled = Object.keys(manifest.dependencies);
  assert.deepEqual(bundled, ["vscode-languageclient"]);
  assert.doesNotMatch(sources, /telemetry.*(send|log)|https?:/i);
});
