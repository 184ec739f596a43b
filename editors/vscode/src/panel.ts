/** The side panel: all candidates of the last answer, and what each tool said of them. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import * as html from "./panelHtml";
import type { Server } from "./server";
import type { Candidates, Suggestion } from "./types";

export const VIEW = "rtlwright.candidates";
const EMPTY = "Suggestions appear here as you type, with the word of each tool. Ctrl+Alt+Enter asks for more of them.";

export class Panel implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  private shown: { document: vscode.TextDocument; candidates: Candidates } | undefined;
  private latest = 0;
  private asking = false;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
  ) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(this.extension, "media")] };
    view.webview.onDidReceiveMessage((message: { type: string; id: string }) => this.pressed(message));
    view.onDidDispose(() => (this.view = undefined));
    this.draw();
  }

  /** What was just offered in the document; asks nobody while the panel is hidden. */
  async follow(document: vscode.TextDocument): Promise<void> {
    // What the user has asked for must not be overtaken by what passes by.
    if (this.view?.visible && !this.asking) await this.load(document, { uri: document.uri.toString() });
  }

  /** More candidates than ghost text asks for, at the cursor. */
  async ask(editor: vscode.TextEditor): Promise<void> {
    await vscode.commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
    const { line, character } = editor.selection.active;
    const asked = { uri: editor.document.uri.toString(), position: { line, character } };
    this.asking = true;
    try {
      await vscode.window.withProgress({ location: { viewId: VIEW } }, () => this.load(editor.document, asked));
    } finally {
      this.asking = false;
    }
  }

  private async load(document: vscode.TextDocument, asked: object): Promise<void> {
    const number = ++this.latest;
    const candidates = await this.server.execute<Candidates>("rtlwright.candidates", asked);
    if (number !== this.latest || candidates === undefined) return;
    this.shown = { document, candidates };
    this.draw();
  }

  private draw(): void {
    if (!this.view) return;
    const { webview } = this.view;
    const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(this.extension, "media", name)).toString();
    const assets = {
      style: file("panel.css"),
      script: file("panel.js"),
      source: webview.cspSource,
      nonce: randomBytes(16).toString("hex"),
    };
    const body = this.shown ? html.list(this.shown.candidates, this.place()) : html.message(EMPTY);
    webview.html = html.page(body, assets);
    this.view.badge = undefined;
  }

  private place(): string {
    if (!this.shown) return "";
    const { document, candidates } = this.shown;
    const first = candidates.suggestions[0] ?? candidates.rejected[0];
    const line = first ? `:${first.range.start.line + 1}` : "";
    return `${vscode.workspace.asRelativePath(document.uri)}${line}`;
  }

  private async pressed({ type, id }: { type: string; id: string }): Promise<void> {
    const suggestion = this.shown?.candidates.suggestions.find((candidate) => candidate.id === id);
    if (!suggestion) return;
    if (type === "copy") await vscode.env.clipboard.writeText(suggestion.text);
    if (type === "insert") await this.insert(suggestion);
  }

  private async insert(suggestion: Suggestion): Promise<void> {
    if (!this.shown) return;
    const { document, candidates } = this.shown;
    if (document.isClosed || document.version !== candidates.version) {
      void vscode.window.showInformationMessage("rtlwright: the document has changed since; ask for the candidates again.");
      return;
    }
    const { start, end } = suggestion.range;
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, range, suggestion.text);
    if (await vscode.workspace.applyEdit(edit)) await this.server.execute("rtlwright.accepted", suggestion.id);
  }
}
