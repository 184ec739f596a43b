// The server's part is played by the scripted service of the end-to-end tests: what it does depends on marks in the file.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVER, VsCode, eventually } from "./vscode.mjs";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const MODULE = "module m(input a, b, output y);\n  \nendmodule\n";
/** @type {VsCode} */
let code;
const tools = mkdtempSync(path.join(tmpdir(), "rtlwright-tools-"));
const said = path.join(tools, "said");
before(async () => {
  const settings = { "rtlwright.executable": scripted() };
  code = await VsCode.start({ project: path.join(ROOT, "examples"), settings });
}, { timeout: 120_000 });
after(async () => {
  await code?.close();
  rmSync(tools, { recursive: true });
});

test("a line first, and its block without another key; what is put away stays away", { timeout: 120_000 }, async () => {
  writeFileSync(path.join(code.folder, "growing.sv"), `// growing\n${MODULE}`);
  await code.open("growing.sv", "output y);\n  ");
  await code.ready();
  await code.type(" ");
  await code.ghostWith("assign y = a & b;", 60_000);
  await code.ghostWith("assign z = ~y;");
  await code.press("Escape");
  await code.noGhost();
  await sleep(1500);
  assert.equal(await code.ghost(), "");
});

test("a backend that fails at every request: one message, and ghost text when it is back", { timeout: 120_000 }, async () => {
  writeFileSync(path.join(code.folder, "down.sv"), `// broken\n${MODULE}`);
  await code.open("down.sv", "output y);\n  ");
  for (const key of "abcdef") {
    await code.type(key);
    await sleep(250);
  }
  await eventually(() => readFileSync(said, "utf8").includes("fails"), 20_000, () => "it was never asked");
  const messages = await code.page.locator(".notification-list-item").count();
  assert.ok(messages <= 1, `${messages} messages`);
  assert.ok(readFileSync(said, "utf8").split("\n").filter((line) => line === "fails").length <= 3, "asked at every key");
  await code.press("Control+Home", "Shift+End");
  await code.type("// mended");
  await sleep(2500);
  await code.press("Control+End", "ArrowUp", "ArrowUp", "End");
  await eventually(async () => {
    await code.type(" ");
    await sleep(700);
    return (await code.ghost()).includes("assign y");
  }, 60_000, () => "its return was not noticed");
});

/** A program in the place of the server, that runs the server's own code with another service. */
function scripted() {
  const program = path.join(tools, "rtlwright");
  const python = path.join(path.dirname(SERVER), "python");
  writeFileSync(program, `#!/bin/sh
export PYTHONPATH='${path.join(ROOT, "tests/e2e")}' SCRIPTED_LOG='${said}'
exec '${python}' -m rtlwright.lsp --test-service scripted_service:ScriptedService
`);
  chmodSync(program, 0o755);
  return program;
}
