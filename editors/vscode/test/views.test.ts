import assert from "node:assert/strict";
import { test } from "node:test";
import * as html from "../src/panelHtml";
import { inserted, insertion, nameOf, stillAt } from "../src/place";
import { statusView } from "../src/statusView";
import type { Seen } from "../src/statusView";
import type { Status, Suggestion } from "../src/types";

const hostile = `</pre><script>alert("1")</script>'&`;
const suggestion = (id: string, status: Status): Suggestion => ({
  id,
  text: hostile,
  range: { start: { line: 3, character: 0 }, end: { line: 3, character: 0 } },
  source: "model",
  model: hostile,
  score: 0,
  verdict: {
    status,
    ms: 3,
    stages: [{ name: "syntax", status, ms: 1.25, diagnostics: [{ severity: "error", line: 4, column: 1, message: hostile, tool: "slang" }] }],
  },
});

test("what a model or a tool says cannot become markup", () => {
  const candidates = { version: 1, suggestions: [suggestion(`a"b`, "pass")], rejected: [suggestion("r", "fail")], notes: [hostile] };
  const body = html.list(candidates, hostile);
  assert.ok(!body.includes("<script"));
  assert.ok(!body.includes(`data-insert="a"b"`));
  assert.ok(body.includes("&#60;script&#62;alert(&#34;1&#34;)"));
});

test("rejected candidates are listed with the reason, and cannot be inserted", () => {
  const body = html.list({ version: 1, suggestions: [], rejected: [suggestion("r", "fail")], notes: [] }, "a.sv:4");
  assert.ok(body.includes("No candidate passed"));
  assert.ok(body.includes("<details class=\"rejected\" open>"));
  assert.ok(body.includes("slang, line 4:"));
  assert.ok(!body.includes("data-insert"));
});

test("lines of a candidate stand below each other as they will in the document", () => {
  const at = (character: number) => ({ start: { line: 1, character }, end: { line: 1, character } });
  assert.equal(html.laidOut({ text: "A: ;\n      B: ;", range: at(6) }), "A: ;\nB: ;");
  assert.equal(html.laidOut({ text: "\n    .a(a)\n  ", range: at(20) }), ".a(a)");
});

test("the page runs nothing but the panel's own script", () => {
  const page = html.page("", { style: "s.css", script: "p.js", source: "vscode-resource:", nonce: "0123" });
  assert.match(page, /default-src 'none'; style-src vscode-resource:; script-src 'nonce-0123'/);
});

test("the status bar says what is wrong before what is going on", () => {
  const seen: Seen = { life: "running", enabled: true, busy: 1 };
  assert.match(statusView(seen).text, /spin/);
  assert.equal(statusView({ ...seen, busy: 0 }).text, "$(pass) rtlwright");
  assert.equal(statusView({ ...seen, busy: 0, enabled: false }).text, "$(circle-slash) rtlwright");
  const down = statusView({ ...seen, notice: { kind: "Warning", message: "the team server does not answer", busy: false, command: null } });
  assert.equal(down.background, "warning");
  assert.ok(down.tooltip.includes("the team server does not answer"));
  assert.match(statusView({ ...seen, life: "missing" }).tooltip[0] ?? "", /not found/);
});

test("a module goes where it was asked for, with the line ends of the document", () => {
  const edit = { version: 1, position: { line: 0, character: 9 }, before: "\n", after: "\n" };
  const text = "// a mux\r\nmodule other; endmodule\r\n";
  const added = insertion({ edit, text: "module m;\nendmodule\n\n" }, "\r\n");
  assert.equal(inserted(text, 8, added), "// a mux\r\nmodule m;\r\nendmodule\r\n\r\nmodule other; endmodule\r\n");
  assert.equal(stillAt(text, 8, `${text}// more below`), 8);
  assert.equal(stillAt(text, 8, `// above\n${text}`), -1);
  assert.equal(nameOf("// x\nmodule automatic mux2 (input a);"), "mux2");
  assert.equal(nameOf("nothing"), "module");
});
