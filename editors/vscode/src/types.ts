/** What the server's commands answer (the JSON forms of `rtlwright complete --json`). Positions are LSP's. */

export interface Position {
  line: number;
  character: number;
}

export interface Diagnostic {
  severity: "error" | "warning" | "note";
  /** From 1; nothing where a tool complains of the whole. */
  line: number | null;
  column: number | null;
  message: string;
  tool: string;
  hint?: string | null;
}

export interface Stage {
  name: string;
  status: Status;
  ms: number;
  diagnostics: Diagnostic[];
}

export type Status = "pass" | "warn" | "fail" | "unchecked" | "skipped";

/** How a verdict is said to the user. */
export const STATUS_WORDS: Record<Status, string> = {
  pass: "passed",
  warn: "passed with a warning",
  fail: "rejected",
  unchecked: "not checked in time",
  skipped: "skipped",
};

export interface Verdict {
  status: Status;
  ms: number;
  stages: Stage[];
}

export interface Suggestion {
  id: string;
  text: string;
  range: { start: Position; end: Position };
  source: string;
  model: string | null;
  score: number;
  verdict: Verdict;
}

/** `rtlwright.candidates` */
export interface Candidates {
  version: number;
  suggestions: Suggestion[];
  rejected: Suggestion[];
  notes: string[];
}

/** `rtlwright.generate` with `apply: false` */
export interface Generated {
  id: string;
  text: string;
  verdict: Verdict;
  agreement: string | null;
  alternatives: Suggestion[];
  edit: { version: number; position: Position; before: string; after: string } | null;
  applied: boolean;
}

/** `rtlwright.status` */
export interface ServerStatus {
  version: string;
  log: string | null;
  root: string | null;
  kind: string;
  model: { name: string; ready: boolean; detail: string } | null;
  sandbox: string;
  notes: string[];
}

/** The notification `rtlwright/status`. */
export interface StatusNotice {
  kind: "Normal" | "Warning" | "Error";
  message: string;
  busy: boolean;
  /** A command of the server that tells more; the menu has it already. */
  command: string | null;
}
