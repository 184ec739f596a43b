/** The panel's page, from the candidates alone: what it shows came from a model, so every text is escaped. */

import { STATUS_WORDS } from "./types";
import type { Candidates, Diagnostic, Stage, Suggestion } from "./types";

export interface Assets {
  style: string;
  script: string;
  /** The webview's own origin, for its content security policy. */
  source: string;
  nonce: string;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function page(body: string, assets: Assets): string {
  const policy = `default-src 'none'; style-src ${assets.source}; script-src 'nonce-${assets.nonce}'`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${escaped(assets.style)}"><title>Candidates</title></head>
<body>${body}<script nonce="${assets.nonce}" src="${escaped(assets.script)}"></script></body></html>`;
}

export function message(text: string): string {
  return `<p class="message">${escaped(text)}</p>`;
}

export function list(candidates: Candidates, place: string): string {
  const { suggestions, rejected, notes } = candidates;
  const parts = [`<p class="place">${escaped(place)}</p>`, ...notes.map((note) => `<p class="note">${escaped(note)}</p>`)];
  if (suggestions.length === 0) parts.push(message("No candidate passed the checks."));
  parts.push(...suggestions.map((suggestion, index) => card(suggestion, index + 1, true)));
  if (rejected.length > 0) {
    const open = suggestions.length === 0 ? " open" : "";
    const cards = rejected.map((suggestion, index) => card(suggestion, index + 1, false)).join("");
    parts.push(`<details class="rejected"${open}><summary>${rejected.length} rejected or withheld, never shown as ghost text</summary>${cards}</details>`);
  }
  return parts.join("");
}

function card(suggestion: Suggestion, number: number, takeable: boolean): string {
  const { id, source, model, verdict } = suggestion;
  const origin = model === null ? source : `${source}: ${model}`;
  const buttons = takeable
    ? `<div class="buttons"><button data-insert="${escaped(id)}">Insert</button><button class="secondary" data-copy="${escaped(id)}">Copy</button></div>`
    : "";
  return `<section class="card ${verdict.status}" data-id="${escaped(id)}">
<header><span class="number">${number}</span><span class="badge">${takeable || verdict.status === "fail" ? STATUS_WORDS[verdict.status] : "withheld"}</span><span class="source">${escaped(origin)}</span></header>
<pre>${escaped(laidOut(suggestion))}</pre>
<table>${verdict.stages.map(stageRow).join("")}</table>${buttons}</section>`;
}

/** The first line as it stands in the document: behind what is there already. */
export function laidOut({ text, range }: Pick<Suggestion, "text" | "range">): string {
  const [first = "", ...rest] = text.split("\n");
  const lines = first.trim() === "" ? rest : [" ".repeat(range.start.character) + first, ...rest];
  const common = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(Number.isFinite(common) ? common : 0)).join("\n").trimEnd();
}

function stageRow(stage: Stage): string {
  const found = stage.diagnostics.map(diagnosticItem).join("");
  const time = stage.ms >= 0.05 ? `${stage.ms.toFixed(1)} ms` : "";
  return `<tr class="${stage.status}"><th scope="row">${escaped(stage.name)}</th><td>${stage.status}</td><td class="ms">${time}</td></tr>${
    found === "" ? "" : `<tr class="${stage.status}"><td colspan="3"><ul>${found}</ul></td></tr>`
  }`;
}

function diagnosticItem({ severity, line, message: text, tool, hint }: Diagnostic): string {
  const advice = hint ? ` <em>${escaped(hint)}</em>` : "";
  return `<li class="${severity}">${escaped(tool)}${line ? `, line ${line}` : ""}: ${escaped(text)}${advice}</li>`;
}
