// A picture of the real Neovim in a real terminal emulator: nvim on a pseudo-terminal, its output drawn by xterm.js.
// Usage: node tests/editors/nvim/picture.mjs FILE.png

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const PREFIX = path.resolve(process.env.RTLWRIGHT_EDITORS ?? path.join(ROOT, ".cache/editors"));
const MODULES = path.join(PREFIX, "code-server/node_modules");
const XTERM = path.join(MODULES, "code-server/lib/vscode/node_modules/@xterm/xterm");
const { chromium } = await import(path.join(MODULES, "playwright-core/index.mjs"));
const [ROWS, COLUMNS] = [30, 92];

const home = mkdtempSync(path.join(tmpdir(), "rtlwright-nvim-"));
cpSync(path.join(ROOT, "examples"), path.join(home, "project"), { recursive: true });
writeFileSync(path.join(home, "init.lua"), `
vim.opt.rtp:prepend(${JSON.stringify(path.join(ROOT, "editors/nvim"))})
vim.cmd('filetype plugin on | syntax on')
vim.o.termguicolors, vim.o.number, vim.o.showmode, vim.o.ruler = true, true, false, false
vim.o.statusline = " %f %m%=%{v:lua.require'rtlwright'.status()} "
require('rtlwright').setup {
  cmd = { ${JSON.stringify(process.env.RTLWRIGHT ?? path.join(ROOT, ".venv/bin/rtlwright"))}, 'lsp' },
  settings = { complete = { deadline_ms = 20000 } },
}
`);
const env = { ...process.env, HOME: home, TERM: "xterm-256color", COLORTERM: "truecolor", XDG_CONFIG_HOME: `${home}/c`, XDG_DATA_HOME: `${home}/d`, XDG_STATE_HOME: `${home}/s`, XDG_CACHE_HOME: `${home}/k` };
const nvim = path.join(PREFIX, "nvim-0.12/nvim");
// Through a socket: started by the loader of another suite, Neovim cannot start its own server.
const served = spawn(nvim, ["--clean", "-n", "-u", `${home}/init.lua`, "--headless", "--listen", `${home}/nvim.sock`, "soc/soc_top.sv"], { cwd: path.join(home, "project"), env, stdio: "ignore" });
for (let tries = 0; tries < 100 && !existsSync(`${home}/nvim.sock`); tries += 1) await sleep(100);
const command = `stty rows ${ROWS} cols ${COLUMNS}; exec ${nvim} --server ${home}/nvim.sock --remote-ui`;
const terminal = spawn("script", ["-qfec", command, "/dev/null"], { cwd: path.join(home, "project"), env, stdio: "pipe" });
const output = [];
terminal.stdout.on("data", (data) => output.push(data));
const type = async (keys, ms = 150) => {
  for (const key of keys) {
    terminal.stdin.write(key);
    await sleep(ms);
  }
};
try {
  await sleep(6000);
  await type(["64G", "zz", "A", "\x1b\\"]); // Alt+\
  for (let tries = 0; tries < 60 && !Buffer.concat(output).toString().includes("txd)"); tries += 1) await sleep(500);
  await sleep(1500);
  if (!Buffer.concat(output).toString().includes("txd)")) throw new Error(`no ghost text: ${Buffer.concat(output).toString().slice(-2000)}`);
  const size = { width: 760, height: 450 };
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((file) => existsSync(file)), args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage({ viewport: size });
  await page.setContent(`<body style="margin:8px;background:#14161b"><div id="t"></div></body>`);
  await page.addStyleTag({ path: path.join(XTERM, "css/xterm.css") }).catch(() => undefined);
  await page.addScriptTag({ content: readFileSync(path.join(XTERM, "lib/xterm.js"), "utf8") });
  await page.evaluate(([data, rows, cols]) => new Promise((done) => {
    const screen = new window.Terminal({ rows, cols, fontSize: 13, fontFamily: "DejaVu Sans Mono", theme: { background: "#14161b" } });
    screen.open(document.getElementById("t"));
    screen.write(data, done);
  }), [Buffer.concat(output).toString(), ROWS, COLUMNS]);
  await sleep(500);
  await page.screenshot({ path: process.argv[2] });
  await browser.close();
} finally {
  terminal.stdin.write("\x1b:qa!\r");
  await sleep(1000);
  terminal.kill("SIGKILL");
  served.kill();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
