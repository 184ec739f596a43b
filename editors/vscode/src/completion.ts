/** What passes between the editor and the server when ghost text is asked for: the switch, and who listens. */

import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { SECTION } from "./settings";

export class Completion implements vscode.Disposable {
  private readonly answered = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly busyChanged = new vscode.EventEmitter<number>();
  private pending = 0;
  /** The next request is ours: the server has more behind what is on screen. */
  private growing = false;
  /** An answer that was not overtaken came for a document, with suggestions or without. */
  readonly onAnswer = this.answered.event;
  readonly onBusy = this.busyChanged.event;

  readonly middleware: Middleware = {
    provideInlineCompletionItems: async (document, position, context, token, next) => {
      const growing = this.growing;
      this.growing = false;
      const asked = growing ? { ...context, triggerKind: vscode.InlineCompletionTriggerKind.Automatic } : context;
      const byHand = asked.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
      if (!byHand && !enabled()) return undefined;
      this.count(1);
      try {
        return await next(document, position, asked, token);
      } finally {
        this.count(-1);
        if (!token.isCancellationRequested) this.answered.fire(document);
      }
    },
  };

  /** What is on screen has a longer form now: asked for again, as if by a key, where the cursor still stands there. */
  async grow(uri: string, version: number): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const same = editor?.document.uri.toString() === vscode.Uri.parse(uri).toString() && editor.document.version === version;
    if (!same || !editor.selection.isEmpty || !enabled()) return;
    this.growing = true;
    try {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    } finally {
      this.growing = false;
    }
  }

  dispose(): void {
    this.answered.dispose();
    this.busyChanged.dispose();
  }

  private count(difference: number): void {
    this.pending += difference;
    this.busyChanged.fire(this.pending);
  }
}

export function enabled(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get<boolean>("enable", true);
}

export async function toggle(): Promise<void> {
  await vscode.workspace.getConfiguration(SECTION).update("enable", !enabled(), vscode.ConfigurationTarget.Global);
}
