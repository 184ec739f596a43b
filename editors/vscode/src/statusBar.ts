/** The item in the status bar, and the menu behind it. */

import * as vscode from "vscode";
import { enabled } from "./completion";
import { statusView } from "./statusView";
import type { Seen } from "./statusView";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("rtlwright.status", vscode.StatusBarAlignment.Right, 100);
  private seen: Seen = { life: "stopped", enabled: enabled(), busy: 0 };

  constructor() {
    this.item.name = "rtlwright";
    this.item.command = "rtlwright.menu";
    this.update({});
    this.item.show();
  }

  get state(): Seen {
    return this.seen;
  }

  update(changed: Partial<Seen>): void {
    this.seen = { ...this.seen, ...changed };
    const { text, tooltip, background } = statusView(this.seen);
    this.item.text = text;
    this.item.accessibilityInformation = { label: `rtlwright: ${tooltip[0] ?? ""}` };
    // Plain text: paths and messages are not ours to interpret as Markdown.
    this.item.tooltip = tooltip.join("\n");
    const colour = background === "none" ? undefined : new vscode.ThemeColor(`statusBarItem.${background}Background`);
    this.item.backgroundColor = colour;
  }

  dispose(): void {
    this.item.dispose();
  }
}

interface Entry extends vscode.QuickPickItem {
  command?: string;
  argument?: unknown;
}

export async function showMenu(seen: Seen): Promise<void> {
  const picked = await vscode.window.showQuickPick(entries(seen), {
    title: "rtlwright",
    placeHolder: statusView(seen).tooltip[0] ?? "",
  });
  if (picked?.command) await vscode.commands.executeCommand(picked.command, picked.argument);
}

function entries(seen: Seen): Entry[] {
  const missing = seen.life === "missing";
  const server: Entry[] = missing
    ? [
        { label: "$(cloud-download) Install the server", command: "rtlwright.install" },
        { label: "$(folder-opened) Choose the executable…", command: "rtlwright.selectExecutable" },
      ]
    : [
        { label: `$(circle-slash) Turn suggestions ${seen.enabled ? "off" : "on"}`, command: "rtlwright.toggle" },
        { label: "$(list-ordered) Show all candidates and their verdicts", command: "rtlwright.showCandidates" },
        { label: "$(file-code) Write a module from a specification…", command: "rtlwright.generateFromPrompt" },
        { label: "$(symbol-module) Instantiate a module of the project…", command: "rtlwright.instantiateModule" },
      ];
  return [
    ...server,
    { label: "server", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(debug-restart) Restart the language server", command: "rtlwright.restart" },
    ...(missing ? [] : [{ label: "$(pulse) What is installed, and what is missing", command: "rtlwright.doctor" }]),
    { label: "$(output) Show the output", command: "rtlwright.showOutput" },
    ...(seen.status?.log ? [{ label: "$(go-to-file) Open the server's log file", command: "rtlwright.showLog" }] : []),
    { label: "more", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(gear) Settings", command: "workbench.action.openSettings", argument: "@ext:rtlwright.rtlwright" },
    { label: "$(book) Walkthrough", command: "rtlwright.walkthrough" },
  ];
}
