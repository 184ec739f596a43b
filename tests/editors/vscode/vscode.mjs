// Real VS Code: code-server in headless Chromium, with the packaged extension and the real language server.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const PREFIX = path.resolve(process.env.RTLWRIGHT_EDITORS ?? path.join(ROOT, ".cache/editors"));
const MODULES = path.join(PREFIX, "code-server/node_modules");
const CODE_SERVER = path.join(MODULES, "code-server/out/node/entry.js");
const { chromium } = await import(path.join(MODULES, "playwright-core/index.mjs"));

export const SERVER = process.env.RTLWRIGHT ?? path.join(ROOT, ".venv/bin/rtlwright");
export const SHOTS = path.join(PREFIX, "screenshots");
const VSIX = path.join(ROOT, "editors/vscode/rtlwright.vsix");
const CHROMIUM = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((file) => existsSync(file));
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

const SETTINGS = {
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.colorTheme": "Default Dark Modern",
  "window.commandCenter": false,
  "editor.minimap.enabled": false,
  "editor.fontSize": 14,
  "editor.stickyScroll.enabled": false,
  "breadcrumbs.enabled": false,
  "files.autoSave": "off",
  "git.enabled": false,
  "extensions.ignoreRecommendations": true,
};

/** One window on a copy of a project, with a home of its own. */
export class VsCode {
  static async start({ project, settings = {}, size = { width: 1180, height: 760 } }) {
    const home = mkdtempSync(path.join(tmpdir(), "rtlwright-vscode-"));
    const window = new VsCode(home, path.join(home, "project"));
    cpSync(project, window.folder, { recursive: true });
    window.configure(settings);
    await window.launch(size);
    return window;
  }

  constructor(home, folder) {
    this.home = home;
    this.folder = folder;
    mkdirSync(SHOTS, { recursive: true });
  }

  configure(settings) {
    const file = path.join(this.home, "data/User/settings.json");
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ ...SETTINGS, "rtlwright.executable": SERVER, ...settings }));
  }

  async launch(size) {
    const directories = ["--user-data-dir", path.join(this.home, "data"), "--extensions-dir", path.join(this.home, "extensions")];
    const env = (this.env = {
      ...process.env, HOME: this.home, XDG_DATA_HOME: `${this.home}/share`, XDG_STATE_HOME: `${this.home}/state`,
      XDG_CACHE_HOME: `${this.home}/cache`, XDG_CONFIG_HOME: `${this.home}/config`,
    });
    const installed = spawnSync(process.execPath, [CODE_SERVER, ...directories, "--install-extension", VSIX], { env, encoding: "utf8" });
    if (installed.status !== 0) throw new Error(`the extension was not installed: ${installed.stdout}${installed.stderr}`);
    const flags = ["--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"];
    this.process = spawn(process.execPath, [CODE_SERVER, ...directories, ...flags, this.folder], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.said = "";
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (data) => (this.said += data));
    this.browser = await chromium.launchPersistentContext(path.join(this.home, "browser"), { executablePath: CHROMIUM, args: FLAGS, headless: false, viewport: size });
    this.page = this.browser.pages()[0] ?? (await this.browser.newPage());
    let port; // one that the system has chosen: a free one that was looked for may be taken by now
    await eventually(() => (port = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(this.said)?.[1]), 30_000, () => this.said);
    await this.page.goto(`http://127.0.0.1:${port}/?folder=${this.folder}`, { waitUntil: "commit" });
    await this.page.waitForSelector(".monaco-workbench .statusbar", { timeout: 60_000 });
  }

  async close() {
    await this.browser?.close().catch(() => undefined);
    if (this.process?.exitCode === null) {
      process.kill(-this.process.pid, "SIGTERM");
      await Promise.race([new Promise((ended) => this.process.once("exit", ended)), sleep(5000)]);
      try { process.kill(-this.process.pid, "SIGKILL"); } catch { /* it has ended */ }
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Opens a file with the cursor behind the first occurrence of a text (at its end, without one). */
  async open(name, behind) {
    const file = path.join(this.folder, name);
    const text = readFileSync(file, "utf8");
    const lines = (behind === undefined ? text : text.slice(0, text.indexOf(behind) + behind.length)).split("\n");
    await this.page.keyboard.press("Control+P");
    const box = this.page.locator(".quick-input-widget input[type=text]");
    await box.waitFor();
    // A whole path is opened as it is: no search, which would need a ripgrep of VS Code's own.
    await box.fill(`${file}:${lines.length}:${lines.at(-1).length + 1}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: path.basename(name) }).first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(`.tab.active[data-resource-name="${path.basename(name)}"]`).waitFor();
    await box.waitFor({ state: "hidden" });
    await this.page.locator(".editor-group-container.active .monaco-editor.focused").waitFor();
  }

  /** Runs a command by its name in the palette. */
  async command(name) {
    await this.page.keyboard.press("F1");
    const box = this.page.locator(".quick-input-widget input[type=text]");
    await box.waitFor();
    await box.fill(`>${name}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  async type(text) {
    await this.page.keyboard.type(text, { delay: 40 });
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The grey text on screen; empty if there is none. */
  async ghost() {
    const parts = await this.page.locator(".ghost-text, .ghost-text-decoration, .ghost-text-decoration-preview, .suggest-preview-text").allInnerTexts();
    return parts.join("").replace(/\s+/g, " ");
  }

  /** Ghost text with this in it, that stays: the same at two looks. */
  async ghostWith(text, ms = 30_000) {
    let seen = "";
    const stays = async () => {
      const before = seen;
      seen = await this.ghost();
      return seen.includes(text) && seen === before;
    };
    await eventually(stays, ms, () => `ghost text: ${JSON.stringify(seen)}, wanted ${text}`);
    return seen;
  }

  /** VS Code's own list of words is open. */
  async wordList() {
    await this.page.locator(".suggest-widget.visible").waitFor();
  }

  async noGhost(ms = 10_000) {
    await eventually(async () => (await this.ghost()) === "", ms, () => "the ghost text stays");
  }

  /** What the document is, from the disk. */
  async saved(name) {
    await this.press("Control+S");
    await this.page.locator(".tab.active.dirty").waitFor({ state: "detached", timeout: 5000 }).catch(() => undefined);
    return readFileSync(path.join(this.folder, name), "utf8");
  }

  async status() {
    return (await this.page.locator(".statusbar-item", { hasText: "rtlwright" }).first().getAttribute("aria-label")) ?? "";
  }

  async statusTooltip() {
    await this.page.locator(".statusbar-item", { hasText: "rtlwright" }).first().hover();
    const hover = this.page.locator(".workbench-hover-container, .monaco-hover.workbench-hover").last();
    await hover.waitFor({ timeout: 5000 }).catch(() => undefined);
    const text = await hover.innerText({ timeout: 1000 }).catch(() => "");
    await this.page.mouse.move(600, 300);
    return text;
  }

  /** The server answers: only from then on VS Code asks for ghost text. */
  async ready() {
    await eventually(async () => (await this.status()).includes("are on"), 60_000, () => "the server did not start");
  }

  async notifications() {
    return (await this.page.locator(".notification-list-item-message").allInnerTexts()).join("\n");
  }

  /** The content of the panel: a frame in a frame. */
  panel() {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  async shot(name, clip) {
    await this.page.screenshot({ path: path.join(SHOTS, `${name}.png`), ...(clip && { clip }) });
  }
}

export async function eventually(condition, ms, otherwise) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(otherwise());
    await sleep(100);
  }
}
