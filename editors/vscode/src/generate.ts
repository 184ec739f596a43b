/** From a specification to a module: asked for, shown as a diff, and inserted only when the user says so. */

import * as vscode from "vscode";
import { inserted, insertion, nameOf, stillAt } from "./place";
import type { Server } from "./server";
import { STATUS_WORDS } from "./types";
import type { Generated } from "./types";

export const SCHEME = "rtlwright-preview";
const CONTEXT = "rtlwright.preview";

/** A module that waits for the user's word. */
interface Preview {
  document: vscode.TextDocument;
  /** The document's text when the module was asked for. */
  text: string;
  offset: number;
  generated: Generated;
  uri: vscode.Uri;
}

/** Argument of `rtlwright.generate`. */
export interface Asked {
  uri: string;
  spec?: string;
  position: { line: number; character: number };
}

export class Generate implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private preview: Preview | undefined;
  private count = 0;
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly server: Server) {}

  provideTextDocumentContent(uri: vscode.Uri): string {
    const preview = this.preview;
    if (preview?.uri.toString() !== uri.toString()) return "";
    return inserted(preview.text, preview.offset, this.wanted(preview));
  }

  async fromComment(editor: vscode.TextEditor): Promise<void> {
    const { line, character } = editor.selection.active;
    const selected = editor.document.getText(editor.selection).trim();
    const position = selected === "" ? { line, character } : endOf(editor.selection);
    await this.ask(editor.document, { ...(selected !== "" && { spec: uncommented(selected) }), position });
  }

  async fromPrompt(editor: vscode.TextEditor): Promise<void> {
    const spec = await vscode.window.showInputBox({
      title: "rtlwright: write a module",
      prompt: "What shall it do? Name its ports if you care.",
      placeHolder: "a 4-bit Gray counter named gray4 with ports clk, rst, q[3:0]",
    });
    if (spec?.trim()) await this.ask(editor.document, { spec: spec.trim(), position: endOf(editor.selection) });
  }

  /** The next of the modules that passed; when all were seen, the server writes new ones. */
  async another(): Promise<void> {
    const preview = this.preview;
    if (!preview) return;
    const generated = await this.server.execute<Generated>("rtlwright.another", { id: preview.generated.id, apply: false });
    // Inserted or discarded while it was written: the user has decided.
    if (generated && this.preview === preview) await this.show({ ...preview, generated });
  }

  /** The server's code action would insert at once: it takes the same way as the commands. */
  async fromAction(asked: Asked): Promise<void> {
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === vscode.Uri.parse(asked.uri).toString());
    if (document) await this.ask(document, asked);
  }

  async insert(): Promise<void> {
    const preview = this.preview;
    if (!preview) return;
    const offset = stillAt(preview.text, preview.offset, preview.document.getText());
    if (offset < 0) {
      void vscode.window.showWarningMessage("rtlwright: the document has changed above the place of the module; it was not inserted.");
      return;
    }
    const edit = new vscode.WorkspaceEdit();
    edit.insert(preview.document.uri, preview.document.positionAt(offset), this.wanted(preview));
    if (!(await vscode.workspace.applyEdit(edit))) return;
    await this.close();
    await this.server.execute("rtlwright.accepted", preview.generated.id);
    await vscode.window.showTextDocument(preview.document);
  }

  async close(): Promise<void> {
    const uri = this.preview?.uri.toString();
    this.preview = undefined;
    await vscode.commands.executeCommand("setContext", CONTEXT, false);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await vscode.window.tabGroups.close(
      tabs.filter(({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri),
    );
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async ask(document: vscode.TextDocument, asked: Omit<Asked, "uri">): Promise<void> {
    const whole = { ...asked, uri: document.uri.toString() };
    const text = document.getText();
    // Progress and its cancel button come from the server, as messages of the protocol.
    const generated = await this.server.execute<Generated>("rtlwright.generate", { ...whole, apply: false });
    if (!generated?.edit) return; // the server has said why
    const { line, character } = generated.edit.position;
    // Written while it was generated: the place is looked for again when it is inserted.
    const offset = document.version === generated.edit.version ? document.offsetAt(new vscode.Position(line, character)) : offsetIn(text, line, character);
    const uri = vscode.Uri.from({ scheme: SCHEME, path: document.uri.path, query: `${(this.count += 1)}` });
    await this.show({ document, text, offset, generated, uri });
  }

  private async show(preview: Preview): Promise<void> {
    this.preview = preview;
    this.changed.fire(preview.uri);
    await vscode.commands.executeCommand("setContext", CONTEXT, true);
    const { text, verdict, agreement, alternatives } = preview.generated;
    const said = [STATUS_WORDS[verdict.status], agreement].filter(Boolean).join(", ");
    await vscode.commands.executeCommand("vscode.diff", preview.document.uri, preview.uri, `${nameOf(text)} (${said})`, { preview: true });
    const stages = verdict.stages.filter((stage) => stage.status !== "skipped").map((stage) => stage.name);
    const more = alternatives.length === 0 ? "" : ` ${alternatives.length} more passed.`;
    void this.offer(`${nameOf(text)}: ${said}. Checks: ${stages.join(", ")}.${more}`);
  }

  private async offer(text: string): Promise<void> {
    const shown = this.preview;
    const answer = await vscode.window.showInformationMessage(text, "Insert", "Try Another", "Discard");
    if (this.preview !== shown) return; // an older message, answered late
    if (answer === "Insert") await this.insert();
    if (answer === "Try Another") await this.another();
    if (answer === "Discard") await this.close();
  }

  private wanted(preview: Preview): string {
    const eol = preview.document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n";
    return insertion(preview.generated, eol);
  }
}

function endOf({ end }: vscode.Selection): { line: number; character: number } {
  return { line: end.line, character: end.character };
}

/** A selected comment, without what makes it one. */
function uncommented(text: string): string {
  return text.replace(/^\s*(\/\/+|\/\*+|\*+(?!\/))/gm, "").replace(/\*+\/\s*$/, "").trim();
}

function offsetIn(text: string, line: number, character: number): number {
  const lines = text.split(/\r\n|\n|\r/);
  const ends = [...text.matchAll(/\r\n|\n|\r/g)].map((match) => match.index + match[0].length);
  const start = line === 0 ? 0 : (ends[line - 1] ?? text.length);
  return start + Math.min(character, lines[line]?.length ?? 0);
}
