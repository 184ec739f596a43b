/** Puts the parts together. No telemetry: the extension talks to the server that it starts, and to nobody else. */

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { Completion, enabled, toggle } from "./completion";
import { Generate, SCHEME } from "./generate";
import type { Asked } from "./generate";
import { installServer, offerInstall, runInTerminal, selectExecutable } from "./install";
import { instantiate } from "./instantiate";
import { Panel, VIEW } from "./panel";
import { SELECTOR, Server } from "./server";
import { OWN, SECTION } from "./settings";
import { StatusBar, showMenu } from "./statusBar";
import type { ServerStatus } from "./types";

const RESTART_FOR = ["executable", "arguments", "logLevel"].map((key) => `${SECTION}.${key}`);

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("rtlwright", { log: true });
  const completion = new Completion();
  const middleware: Middleware = {
    ...completion.middleware,
    executeCommand: (command, args: unknown[], next): unknown => {
      const asked = args[0] as (Asked & { apply?: boolean }) | undefined;
      if (command !== "rtlwright.generate" || asked?.uri === undefined || asked.apply !== undefined) return next(command, args);
      return generate.fromAction(asked);
    },
  };
  const server = new Server(context.extension.packageJSON, output, middleware, ({ uri, version }) => {
    void completion.grow(uri, version);
  });
  const status = new StatusBar();
  const panel = new Panel(context.extensionUri, server);
  const generate = new Generate(server);
  context.subscriptions.push(output, completion, server, status, generate);
  context.subscriptions.push(
    vscode.window.registerWebviewViewProvider(VIEW, panel),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, generate),
    completion.onBusy((busy) => { status.update({ busy }); }),
    completion.onAnswer((document) => panel.follow(document)),
    server.onNotice((notice) => { status.update({ notice }); }),
    vscode.workspace.onDidChangeConfiguration((event) => configurationChanged(event, server, status)),
    vscode.workspace.onDidChangeWorkspaceFolders(() => (server.running ? undefined : server.restart())),
  );
  watch(server, status, output);
  for (const [name, action] of Object.entries(commands(context, { output, server, status, panel, generate }))) {
    context.subscriptions.push(vscode.commands.registerCommand(`${SECTION}.${name}`, action));
  }
  await server.restart();
  if (status.state.life === "missing") void offerInstall();
}

/** The status bar and the context key follow the server's life. */
function watch(server: Server, status: StatusBar, output: vscode.LogOutputChannel): void {
  server.onDidChange(async (life) => {
    status.update({ life, busy: 0, ...(server.executable !== undefined && { executable: server.executable }) });
    await vscode.commands.executeCommand("setContext", `${SECTION}.ready`, life === "running");
    if (life === "running") await refresh(server, status).catch((error: unknown) => { output.warn(`no status: ${String(error)}`); });
  });
}

async function refresh(server: Server, status: StatusBar): Promise<void> {
  const found = await server.execute<ServerStatus>("rtlwright.status", { uri: vscode.window.activeTextEditor?.document.uri.toString() });
  if (found) status.update({ status: found });
}

async function configurationChanged(event: vscode.ConfigurationChangeEvent, server: Server, status: StatusBar): Promise<void> {
  if (!event.affectsConfiguration(SECTION)) return;
  status.update({ enabled: enabled() });
  if (RESTART_FOR.some((key) => event.affectsConfiguration(key))) await server.restart();
  else if (![...OWN].some((key) => event.affectsConfiguration(`${SECTION}.${key}`))) await server.configure();
}

interface Parts {
  output: vscode.LogOutputChannel;
  server: Server;
  status: StatusBar;
  panel: Panel;
  generate: Generate;
}

/** Every command that package.json declares; the server's own are registered by the client. */
function commands(context: vscode.ExtensionContext, parts: Parts): Record<string, () => unknown> {
  const { output, server, status, panel, generate } = parts;
  const run = (command: string) => () => vscode.commands.executeCommand(command);
  return {
    trigger: run("editor.action.inlineSuggest.trigger"),
    acceptWord: run("editor.action.inlineSuggest.acceptNextWord"),
    acceptLine: run("editor.action.inlineSuggest.acceptNextLine"),
    next: run("editor.action.inlineSuggest.showNext"),
    previous: run("editor.action.inlineSuggest.showPrevious"),
    toggle,
    showCandidates: () => inEditor((editor) => panel.ask(editor)),
    generateFromComment: () => inEditor((editor) => generate.fromComment(editor)),
    instantiateModule: () => inEditor((editor) => instantiate(server, editor)),
    generateFromPrompt: () => inEditor((editor) => generate.fromPrompt(editor)),
    "preview.insert": () => generate.insert(),
    "preview.another": () => generate.another(),
    "preview.discard": () => generate.close(),
    menu: async () => {
      await refresh(server, status).catch(() => undefined);
      await showMenu(status.state);
    },
    restart: () => server.restart(),
    showOutput: () => { output.show(); },
    showLog: async () => {
      const log = (await server.execute<ServerStatus>("rtlwright.status", {}))?.log;
      if (log) await vscode.window.showTextDocument(vscode.Uri.file(log));
      else output.show();
    },
    doctor: () => {
      if (server.executable === undefined) return offerInstall();
      runInTerminal(server.executable, "doctor");
      return undefined;
    },
    install: installServer,
    selectExecutable,
    walkthrough: () => vscode.commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`),
  };
}

/** The Verilog editor that has the user's attention, also while the panel has the focus. */
async function inEditor(work: (editor: vscode.TextEditor) => Promise<void>): Promise<void> {
  const editors = [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors];
  const editor = editors.find((candidate) => candidate && vscode.languages.match(SELECTOR, candidate.document) > 0);
  if (editor) await work(editor);
  else void vscode.window.showInformationMessage("rtlwright: open a Verilog or SystemVerilog file first.");
}
