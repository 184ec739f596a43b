/** No server: the user is offered to install one, to choose one, or to be left alone. */

import * as vscode from "vscode";
import { SECTION } from "./settings";

const TERMINAL = "rtlwright";

export async function offerInstall(): Promise<void> {
  const install = "Install…";
  const choose = "Choose the Executable…";
  const answer = await vscode.window.showWarningMessage(
    "rtlwright: the server was not found in the settings, the folder's .venv, PATH or ~/.local/bin.",
    install,
    choose,
  );
  if (answer === install) await installServer();
  if (answer === choose) await selectExecutable();
}

/** In a terminal, so that the user sees what is run and what it says. */
export async function installServer(): Promise<void> {
  const name = vscode.workspace.getConfiguration(SECTION).get<string>("package", "rtlwright");
  const quoted = quote(name);
  const tools = [
    { label: "uv", detail: `uv tool install ${quoted}` },
    { label: "pipx", detail: `pipx install ${quoted}` },
  ];
  const tool = await vscode.window.showQuickPick(tools, {
    title: "rtlwright: install the server with",
    placeHolder: "The command is run in a terminal. When it is done, the server is started.",
  });
  if (!tool) return;
  const terminal = vscode.window.createTerminal(TERMINAL);
  terminal.show();
  terminal.sendText(`${tool.detail} && exit`);
  const closed = vscode.window.onDidCloseTerminal(async (ended) => {
    if (ended !== terminal) return;
    closed.dispose();
    if (ended.exitStatus?.code === 0) await vscode.commands.executeCommand("rtlwright.restart");
  });
}

export async function selectExecutable(): Promise<void> {
  const [chosen] = (await vscode.window.showOpenDialog({ title: "The rtlwright program", canSelectMany: false })) ?? [];
  if (!chosen) return;
  const target = vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration(SECTION).update("executable", chosen.fsPath, target);
}

/** In a shell, which stays when the program has ended. */
export function runInTerminal(executable: string, ...args: string[]): void {
  const terminal = vscode.window.createTerminal(TERMINAL);
  terminal.show();
  terminal.sendText([executable, ...args].map(quote).join(" "));
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
