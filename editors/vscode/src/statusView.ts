/** The status bar's words for a state, without the editor. */

import type { ServerStatus, StatusNotice } from "./types";

export type Life = "starting" | "running" | "stopped" | "failed" | "missing";

export interface Seen {
  life: Life;
  enabled: boolean;
  /** Requests under way. */
  busy: number;
  notice?: StatusNotice;
  status?: ServerStatus;
  executable?: string;
}

export interface StatusView {
  text: string;
  tooltip: string[];
  background: "none" | "warning" | "error";
}

export function statusView(seen: Seen): StatusView {
  const lines = [...headline(seen), ...details(seen)];
  if (seen.life === "missing") return { text: "$(error) rtlwright: no server", tooltip: lines, background: "error" };
  if (seen.life === "failed") return { text: "$(error) rtlwright: stopped", tooltip: lines, background: "error" };
  if (seen.life === "stopped") return { text: "$(circle-slash) rtlwright", tooltip: lines, background: "none" };
  if (seen.life === "starting") return { text: "$(loading~spin) rtlwright", tooltip: lines, background: "none" };
  if (seen.notice?.kind === "Error") return { text: "$(warning) rtlwright", tooltip: lines, background: "error" };
  if (seen.notice?.kind === "Warning") return { text: "$(warning) rtlwright", tooltip: lines, background: "warning" };
  if (seen.busy > 0 || seen.notice?.busy === true) return { text: "$(loading~spin) rtlwright", tooltip: lines, background: "none" };
  return { text: seen.enabled ? "$(pass) rtlwright" : "$(circle-slash) rtlwright", tooltip: lines, background: "none" };
}

function headline(seen: Seen): string[] {
  if (seen.life === "missing") return ["The rtlwright server was not found. Click to install or choose it."];
  if (seen.life === "failed") return ["The server has stopped. Click to restart it or to see its output."];
  if (seen.life === "stopped") return ["The server is not running."];
  if (seen.life === "starting") return ["The server is starting."];
  return [seen.enabled ? "Suggestions are on." : "Suggestions are off; ask for one with Alt+\\."];
}

function details(seen: Seen): string[] {
  const lines: string[] = [];
  if (seen.notice?.message) lines.push(seen.notice.message);
  if (seen.status) {
    const { version, model, sandbox, root, notes } = seen.status;
    lines.push(`Version ${version}`);
    if (model) lines.push(`Model: ${model.name}${model.ready ? "" : " (not ready)"}`);
    lines.push(`Sandbox: ${sandbox}`);
    if (root !== null) lines.push(`Project: ${root}`);
    lines.push(...notes);
  }
  if (seen.executable !== undefined) lines.push(`Program: ${seen.executable}`);
  return lines;
}
