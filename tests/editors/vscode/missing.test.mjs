// A machine without the server: the extension says so, offers to install or to choose it, and starts it once it is there.

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { SERVER, VsCode, eventually } from "./vscode.mjs";

const PROJECT = path.resolve(import.meta.dirname, "../../../examples");
const PATIENT = { "rtlwright.complete.deadline_ms": 20_000, "rtlwright.model.path": "/no/such/model.gguf" };
const BROKEN = { ...PATIENT, "rtlwright.executable": "~/tools/rtlwright" };
/** @type {VsCode} */
let code;
before(async () => {
  code = await VsCode.start({ project: PROJECT, settings: BROKEN });
}, { timeout: 120_000 });
after(() => code?.close());

test("no server: the offer, the menu, and the start once the setting is right", { timeout: 120_000 }, async () => {
  await code.open("soc/gpio.sv");
  await eventually(async () => (await code.notifications()).includes("the server was not found"), 30_000, () => "no offer");
  assert.match(await code.status(), /not found/);
  await code.press("Escape");
  await code.page.locator(".statusbar-item", { hasText: "rtlwright" }).first().click();
  await code.page.locator(".quick-input-list .monaco-list-row", { hasText: "Install the server" }).waitFor();
  await code.shot("menu");
  await code.page.locator(".quick-input-list .monaco-list-row", { hasText: "Install the server" }).click();
  await code.page.locator(".quick-input-list .monaco-list-row", { hasText: "uv tool install 'rtlwright'" }).waitFor();
  await code.press("Escape");
  mkdirSync(path.join(code.home, "tools"));
  symlinkSync(SERVER, path.join(code.home, "tools/rtlwright"));
  await code.command("rtlwright: Restart the Language Server");
  await code.ready();
});

test("no model: told in the status bar, and the rest goes on", { timeout: 120_000 }, async () => {
  await code.open("fsm/traffic_light.sv", "next_state = ALL_RED;\n      end\n      ");
  await code.press("Alt+Backslash");
  await code.ghostWith("ALL_RED: ;", 60_000);
  await eventually(async () => /model/.test(await code.statusTooltip()), 20_000, () => "the status bar does not say it");
  assert.ok((await code.page.locator(".notification-list-item").count()) <= 1, "one message at most");
});
