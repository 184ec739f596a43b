// End to end in real VS Code, with the packaged extension and the real server on a copy of examples/.
// Each scene takes a file of its own, so that none depends on what another left behind.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVER, VsCode, eventually } from "./vscode.mjs";

const PROJECT = path.resolve(import.meta.dirname, "../../../examples");
// Other work may keep this machine's cores busy: what is tested is not how fast the gate is.
const PATIENT = {
  "rtlwright.complete.deadline_ms": 20_000,
  "rtlwright.complete.model_deadline_ms": 5_000,
  "rtlwright.check.timeout_s": 60,
  "rtlwright.generate.deadline_s": 100,
  "rtlwright.generate.n": 3,
};
const MINUTE = 60_000;

/** @type {VsCode} */
let code;
before(async () => {
  code = await VsCode.start({ project: PROJECT, settings: PATIENT });
  await code.open("soc/gpio.sv");
  await code.ready();
}, { timeout: 2 * MINUTE });
after(() => code?.close());
afterEach(async (context) => {
  if (context.error ?? context.passed === false) await code?.shot(`failed-${context.name.slice(0, 30).replaceAll(" ", "-")}`);
});

const scene = (name, work) => test(name, { timeout: 2 * MINUTE }, work);
const check = (file) => spawnSync(SERVER, ["check", file], { cwd: code.folder, env: { ...code.env, RTLWRIGHT_CHECK_TIMEOUT_S: "60" }, encoding: "utf8" });
const passes = (file) => {
  const { status, stdout, stderr } = check(file);
  assert.equal(status, 0, stdout + stderr);
};
const events = () => {
  const told = spawnSync(SERVER, ["feedback", "stats", "--json"], { cwd: code.folder, env: code.env, encoding: "utf8" });
  return JSON.parse(told.stdout);
};

scene("ghost text: the port map of a module of the project, Tab accepts it", async () => {
  await code.open("soc/soc_top.sv", ") u_uart_tx ");
  await code.press("Shift+End", "Delete");
  await code.type("("); // VS Code types the closing one
  await code.ghostWith(".txd (txd", MINUTE);
  await code.shot("ghost");
  await code.press("Tab");
  await code.noGhost();
  await code.press("End");
  await code.type(";");
  const text = await code.saved("soc/soc_top.sv");
  assert.match(text, /u_uart_tx \(\n {4}\.clk {2}\(clk\),\n[^;]*\.txd {2}\(txd\)\n {2}\);\n\nendmodule\n$/);
  passes("soc/soc_top.sv");
  await eventually(async () => JSON.stringify(events()).includes("accepted"), 10_000, () => "the acceptance was not recorded");
});

scene("a word, a line, and letters typed along", async () => {
  const has = (text, what) => eventually(async () => text.test(await code.saved("soc/watchdog.sv")), 20_000, () => `${what} was not accepted`);
  await code.open("soc/watchdog.sv", ".sel     (sel),\n    ");
  await code.press("Alt+Backslash");
  await code.ghostWith(".irq (irq)", MINUTE);
  await code.type(".wri");
  await code.wordList(); // while it opens, VS Code takes the ghost text away, and a key of it would be a movement
  const rest = await code.ghostWith("te (write)"); // VS Code has the lines below before the one at the cursor
  assert.ok(!rest.includes("wri te"), rest);
  await code.press("Control+ArrowRight");
  await has(/^ {4}\.write\b/m, "the word");
  await code.ghostWith("(write)");
  await code.press("Control+Alt+ArrowRight");
  await has(/^ {4}\.write +\(write\),$/m, "the line");
  await code.ghostWith(".irq (irq)");
  await sleep(1000);
  await code.press("Tab", "Tab"); // at the start of a line, VS Code's first Tab goes to the suggestion's indentation
  await has(/\.irq +\(irq\)\n/, "the rest");
  passes("soc/watchdog.sv");
});

scene("asked by hand, the next and the previous suggestion; Escape puts it away", async () => {
  await code.open("fifo/sync_fifo.sv", "rd_ptr <= '0;\n    ");
  await code.press("Alt+Backslash");
  const first = await code.ghostWith("end", MINUTE);
  await code.press("Alt+BracketRight");
  await eventually(async () => ![first, ""].includes(await code.ghost()), MINUTE, () => "there is no next suggestion");
  await code.press("Alt+BracketLeft");
  await eventually(async () => (await code.ghost()) === first, 10_000, () => "the previous one did not come back");
  await code.press("Escape");
  await code.noGhost();
});

scene("the panel shows every candidate with the word of each tool, and inserts one", async () => {
  await code.open("fsm/traffic_light.sv", "next_state = ALL_RED;\n      end\n      ");
  await code.press("Control+Alt+Enter");
  const panel = code.panel();
  await panel.locator(".card.pass").first().waitFor({ timeout: MINUTE });
  const stages = await panel.locator(".card.pass").first().locator("th").allInnerTexts();
  assert.deepEqual(stages.slice(0, 3), ["splice", "syntax", "icarus"]);
  await panel.locator("details.rejected summary").click();
  assert.match(await panel.locator(".card.fail li.error").first().innerText(), /line \d+: \S/);
  assert.equal(await panel.locator(".card.fail button").count(), 0, "what was rejected cannot be inserted");
  await panel.locator("details.rejected summary").click();
  await code.shot("panel");
  const offered = await panel.locator(".card.pass pre").first().innerText();
  await panel.locator(".card.pass button[data-insert]").first().click();
  await code.press("Control+1");
  const inserted = async () => (await code.saved("fsm/traffic_light.sv")).includes(offered.split("\n")[0]);
  await eventually(inserted, 20_000, () => "it was not inserted");
  passes("fsm/traffic_light.sv");
});

scene("a comment becomes a module: shown as a diff, then inserted", async () => {
  const spec = readFileSync(path.join(code.folder, "specs/mux2.txt"), "utf8").trim();
  writeFileSync(path.join(code.folder, "mux2.sv"), `${spec.split("\n").map((line) => `// ${line}`.trimEnd()).join("\n")}\n`);
  await code.open("mux2.sv", "// Module");
  await code.command("rtlwright: Write a Module from This Comment");
  await code.page.locator(".monaco-diff-editor").waitFor({ timeout: 2 * MINUTE });
  await code.page.locator(".tab.active", { hasText: /mux2 \(passed/ }).waitFor();
  await eventually(async () => (await code.notifications()).includes("mux2: passed"), 10_000, () => "no notification");
  await code.shot("diff");
  assert.ok(!readFileSync(path.join(code.folder, "mux2.sv"), "utf8").includes("endmodule"), "nothing is inserted unasked");
  await code.page.locator(".action-label[aria-label='Insert This Module']").click();
  await code.page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
  const text = await code.saved("mux2.sv");
  assert.match(text, /^\/\/ Module[^]*\nmodule mux2[^]*endmodule\n+$/);
  passes("mux2.sv");
});

scene("an error in the file is underlined when it is saved, and gone when it is mended", async () => {
  await code.open("counter/up_counter.sv", "output logic [7:0] count\n);\n");
  await code.press("Enter");
  await code.type("assign count = nowhere;");
  await code.saved("counter/up_counter.sv");
  await code.page.locator(".squiggly-error").first().waitFor({ timeout: MINUTE });
  for (let keys = 0; keys < "nowhere;".length; keys += 1) await code.press("Backspace");
  await code.type("8'd0;");
  await code.press("Escape");
  await code.saved("counter/up_counter.sv");
  await code.page.locator(".squiggly-error").first().waitFor({ state: "detached", timeout: MINUTE });
});

scene("turned off there is no ghost text, but still by hand; the status bar says so", async () => {
  await code.open("alu/alu.sv", "a & b;\n      ");
  await code.command("rtlwright: Turn Suggestions On or Off");
  await eventually(async () => (await code.status()).includes("are off"), 20_000, () => "the status bar does not know");
  await code.type("alu_pkg");
  await sleep(3000);
  assert.equal(await code.ghost(), "");
  for (let keys = 0; keys < "alu_pkg".length; keys += 1) await code.press("Backspace");
  await code.press("Escape", "Alt+Backslash");
  await code.ghostWith("ALU_OR", MINUTE);
  await code.command("rtlwright: Turn Suggestions On or Off");
  await eventually(async () => (await code.status()).includes("are on"), 20_000, () => "it did not come back");
});

scene("a server that was killed is started again, and nobody is bothered", async () => {
  await code.open("shift/shift_register.v");
  const [pid] = servers();
  assert.ok(pid, "the server runs");
  process.kill(pid, "SIGKILL");
  await eventually(async () => servers().some((other) => other !== pid), 30_000, () => "it was not started again");
  await code.ready();
  await code.open("soc/timer.sv", "module timer");
  await eventually(async () => !(await code.notifications()).includes("crashed"), 1000, () => "a message for every crash");
});

/** Process ids of the language servers of this window. */
function servers() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const home = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HOME=${code.home}`);
      return home && words.includes("lsp") && words.some((word) => word.endsWith("/rtlwright"));
    } catch {
      return false;
    }
  }).map(Number);
}
