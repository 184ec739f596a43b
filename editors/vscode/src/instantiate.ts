/** A module of the project, picked from a list and instantiated at the cursor. */

import * as vscode from "vscode";
import type { Server } from "./server";

/** `rtlwright.modules` */
interface Module {
  name: string;
  kind: string;
  summary: string;
  path: string;
}

export async function instantiate(server: Server, editor: vscode.TextEditor): Promise<void> {
  const uri = editor.document.uri.toString();
  const { line, character } = editor.selection.active;
  const modules = (await server.execute<Module[]>("rtlwright.modules", { uri })) ?? [];
  const items = modules.map(({ name, summary, path }) => ({
    label: name,
    description: vscode.workspace.asRelativePath(path),
    detail: summary,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "rtlwright: instantiate a module",
    placeHolder: items.length === 0 ? "The project has no module that can be instantiated." : "Ports are connected to the nets that fit.",
    matchOnDescription: true,
  });
  if (picked) await server.execute("rtlwright.instantiate", { uri, position: { line, character }, module: picked.label });
}
