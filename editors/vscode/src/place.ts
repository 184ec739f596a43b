/** Putting a generated module into a document's text, without the editor. */

import type { Generated } from "./types";

/** Line ends as the document has them. */
export function insertion(generated: Pick<Generated, "edit" | "text">, eol: string): string {
  const { before, after } = generated.edit ?? { before: "", after: "\n" };
  return (before + generated.text.replace(/\n+$/, "") + after).replace(/\r?\n/g, eol);
}

export function inserted(text: string, offset: number, insertion: string): string {
  return text.slice(0, offset) + insertion + text.slice(offset);
}

/**
 * The offset in the text as it is now, if everything before it is as it was when the module was asked for;
 * -1 if it is not.
 */
export function stillAt(then: string, offset: number, now: string): number {
  return now.startsWith(then.slice(0, offset)) ? offset : -1;
}

/** A name for the tab: the module's own. */
export function nameOf(module: string): string {
  return /^\s*(?:module|interface|package)\s+(?:automatic\s+|static\s+)?([A-Za-z_][\w$]*)/m.exec(module)?.[1] ?? "module";
}
