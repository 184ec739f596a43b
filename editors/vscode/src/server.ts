/** The language server's life: found, started, restarted with the settings, told what the user has set. */

import { accessSync, constants, statSync } from "node:fs";
import * as os from "node:os";
import * as vscode from "vscode";
import { ExecuteCommandRequest, LanguageClient, State } from "vscode-languageclient/node";
import type { LanguageClientOptions, Middleware } from "vscode-languageclient/node";
import { find } from "./find";
import { SECTION, explicit, keysOf } from "./settings";
import type { StatusNotice } from "./types";
import type { Life } from "./statusView";

export const SELECTOR = ["verilog", "systemverilog"].flatMap((language) =>
  ["file", "untitled"].map((scheme) => ({ language, scheme })),
);

const RESTARTS = 4;

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly changed = new vscode.EventEmitter<Life>();
  private readonly noticed = new vscode.EventEmitter<StatusNotice>();
  private readonly keys: string[];
  private work: Promise<void> = Promise.resolve();
  readonly onDidChange = this.changed.event;
  readonly onNotice = this.noticed.event;
  executable: string | undefined;

  constructor(
    manifest: unknown,
    private readonly output: vscode.LogOutputChannel,
    private readonly middleware: Middleware,
    private readonly onExtended: (extended: { uri: string; version: number }) => void,
  ) {
    this.keys = keysOf(manifest);
  }

  /** One at a time: a restart during a start waits for it. */
  restart(): Promise<void> {
    this.work = this.work.then(() => this.stopNow()).then(() => this.startNow());
    return this.work;
  }

  get running(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  /** A command of the server; undefined if it is not running or has nothing to say. */
  async execute<Answer>(command: string, argument: unknown, token?: vscode.CancellationToken): Promise<Answer | undefined> {
    const params = { command, arguments: argument === undefined ? [] : [argument] };
    const answer: unknown = await this.running?.sendRequest(ExecuteCommandRequest.type, params, token);
    return (answer ?? undefined) as Answer | undefined;
  }

  /** The user's settings have changed. */
  async configure(): Promise<void> {
    await this.running?.sendNotification("workspace/didChangeConfiguration", { settings: { [SECTION]: this.settings() } });
  }

  dispose(): void {
    void this.stopNow();
    this.changed.dispose();
    this.noticed.dispose();
  }

  private settings(scope?: vscode.Uri): object {
    return explicit(this.keys, vscode.workspace.getConfiguration(SECTION, scope));
  }

  private async startNow(): Promise<void> {
    const command = this.locate();
    this.executable = command;
    if (command === undefined) {
      this.changed.fire("missing");
      return;
    }
    const own = vscode.workspace.getConfiguration(SECTION);
    const args = [...own.get<string[]>("arguments", ["lsp"]), "--log-level", own.get<string>("logLevel", "warning")];
    this.output.info(`starting ${command} ${args.join(" ")}`);
    const client = new LanguageClient(SECTION, "rtlwright", { command, args }, this.options());
    this.client = client;
    client.onNotification(`${SECTION}/status`, (notice: StatusNotice) => { this.noticed.fire(notice); });
    client.onNotification(`${SECTION}/extended`, this.onExtended);
    client.registerFeature({
      fillClientCapabilities: (capabilities) => {
        capabilities.experimental = { ...(capabilities.experimental as object | undefined), rtlwrightExtended: true };
      },
      initialize: () => undefined,
      getState: () => ({ kind: "static" }),
      clear: () => undefined,
    });
    client.onDidChangeState(({ newState }) => { this.stateChanged(client, newState); });
    try {
      await client.start();
    } catch (error) {
      this.output.error(`the server did not start: ${String(error)}`);
      this.changed.fire("failed");
    }
  }

  private stateChanged(client: LanguageClient, state: State): void {
    if (client !== this.client) return;
    const lives: Record<State, Life> = {
      [State.Starting]: "starting",
      [State.Running]: "running",
      [State.Stopped]: "failed",
      [State.StartFailed]: "failed",
    };
    this.changed.fire(lives[state]);
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (!client) return;
    try {
      await client.dispose();
    } catch (error) {
      this.output.warn(`the server did not stop in order: ${String(error)}`);
    }
  }

  private locate(): string | undefined {
    const found = find(
      {
        setting: vscode.workspace.getConfiguration(SECTION).get<string>("executable", ""),
        folders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
        searchPath: process.env.PATH ?? "",
        home: os.homedir(),
      },
      runs,
    );
    if (found === undefined) return undefined;
    if ("missing" in found) {
      this.output.error(`the setting rtlwright.executable names no program: ${found.missing}`);
      return undefined;
    }
    this.output.info(`found ${found.command} (${found.how})`);
    return found.command;
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: SELECTOR,
      outputChannel: this.output,
      initializationOptions: this.settings(),
      connectionOptions: { maxRestartCount: RESTARTS },
      progressOnInitialization: false,
      middleware: {
        ...this.middleware,
        workspace: {
          // As with `configure`: what the user has set, and nothing else.
          configuration: (params) =>
            params.items.map((item) =>
              item.section === SECTION ? this.settings(item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined) : null,
            ),
        },
      },
    };
  }
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
