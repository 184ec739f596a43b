# ruff: noqa: E501 - a table
"""What the installed Icarus cannot read: asked of it with canned examples, not looked up by version."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from threading import Event

from rtlwright.server.check.confine.runner import gather, spawn


def _in_block(statement: str) -> str:
    return f"module m; logic [3:0] a, b; initial begin {statement} end endmodule"


PROBES = {
    "inside": (r"\binside\b", _in_block("if (a inside {1, 2}) b = 1;")),
    "interface port": (
        r"\b\w+\.\w+\s+\w+\s*[,)]|\binterface\b|\bmodport\b",
        "interface i; logic a; modport m(output a); endinterface module t(i.m x); assign x.a = 1; endmodule",
    ),
    "class": (r"\bclass\b", "class c; int a; function new(); a = 1; endfunction endclass"),
    "break": (r"\b(?:break|continue)\b", _in_block("for (int i = 0; i < 3; i++) begin if (a[i]) break; end")),
    "return": (r"\breturn\b", "module m; function int f(int a); return a; endfunction endmodule"),
    "assertion": (r"\b(?:assert|assume|cover)\s+property\b", "module m(input c, a); assert property (@(posedge c) a); endmodule"),
    "immediate assertion": (r"\bassert\b", _in_block("assert (a == 1) else $error(\"x\");")),
    "property": (r"\b(?:property|sequence)\b", "module m(input c, a); property p; @(posedge c) a; endproperty endmodule"),
    "streaming": (r"\{\s*(?:<<|>>)", _in_block("a = {<<{b}};")),
    "assignment pattern": (r"'\{", "module m; typedef struct packed {logic a, b;} s; s x; assign x = '{a: 1, b: 0}; endmodule"),
    "array pattern": (r"'\{", "module m; logic [3:0] x [0:1] = '{1, 2}; endmodule"),
    "default pattern": (r"'\{\s*default", "module m; logic [3:0] x [0:1]; always_comb x = '{default: 0}; endmodule"),
    "cast": (r"\w'\(", "module m; logic [3:0] a; assign a = 4'(5); endmodule"),
    "type cast": (r"[A-Za-z_]\w*'\(", "module m; typedef logic [3:0] t; t a; assign a = t'(5); endmodule"),
    "unpacked struct": (r"\bstruct\s*\{", "module m; struct {int a; int b;} s; endmodule"),
    "union": (r"\bunion\b", "module m; union packed {logic [1:0] a; logic [1:0] b;} u; endmodule"),
    "clocking": (r"\bclocking\b", "module m(input c, a); clocking cb @(posedge c); input a; endclocking endmodule"),
    "covergroup": (r"\bcovergroup\b", "module m(input c, a); covergroup g @(posedge c); coverpoint a; endgroup endmodule"),
    "queue": (r"\[\$\]", "module m; int q[$]; endmodule"),
    "associative array": (r"\[\s*(?:string|int)\s*\]", "module m; int q[string]; endmodule"),
    "foreach": (r"\bforeach\b", "module m; int q[3:0]; initial foreach (q[i]) q[i] = 0; endmodule"),
    "do while": (r"\bdo\b", _in_block("do a = 1; while (b);")),
    "unique if": (r"\b(?:unique|unique0|priority)\s+if\b", _in_block("unique if (a) b = 1; else b = 0;")),
    "unique case": (r"\b(?:unique|unique0|priority)\s+case", _in_block("unique case (a) 1: b = 1; default: b = 0; endcase")),
    "case inside": (r"\bcase[xz]?\s*\([^)]*\)\s*inside\b", _in_block("case (a) inside 1: b = 1; default: b = 0; endcase")),
    "package import in header": (r"\bimport\b[^;]*;\s*[#(]", "package p; endpackage module m import p::*; (input a); endmodule"),
    "localparam type": (r"\b(?:parameter|localparam)\s+type\b", "module m #(parameter type T = logic) (input T a); endmodule"),
    "let": (r"\blet\b", "module m; let f(x) = x + 1; endmodule"),
    "wildcard equality": (r"==\?|!=\?", _in_block("if (a ==? 4'b1x) b = 1;")),
    "void cast": (r"\bvoid'", "module m; function int f(int a); f = a; endfunction initial void'(f(1)); endmodule"),
    "enum method": (r"\.(?:next|prev|name|num|first|last)\b", "module m; enum {A, B} e; initial e = e.next(); endmodule"),
    "array of ports": (r"(?:input|output)[^,;)]*\w\s*\[[^\]]*\]", "module m(input logic [3:0] a [0:1]); endmodule"),
    "end label": (r"\bend\w*\s*:\s*\w", "module m; function int f(int a); f = a; endfunction : f endmodule : m"),
    "named port shorthand": (r"\.\w+\s*[,)]|\.\*", "module s(input a); endmodule module m(input a); s u(.a); endmodule"),
    "declaration in block": (r"\bbegin\b\s*(?:automatic|logic|int)\b", _in_block("automatic int i = 1; a = i;")),
    "multidimensional packed": (r"\]\s*\[", "module m(input logic [1:0][3:0] a, output logic [3:0] b); assign b = a[1]; endmodule"),
    "program": (r"\bprogram\b", "program p; initial begin end endprogram"),
    "randomization": (r"\b(?:rand|randc|constraint)\b", "class c; rand int a; constraint k {a < 3;} endclass"),
    "virtual interface": (r"\bvirtual\b", "interface i; endinterface module m; virtual i v; endmodule"),
    "bind": (r"\bbind\b", "module a; endmodule module m; endmodule bind m a u();"),
    "tagged union": (r"\btagged\b", "module m; typedef union tagged {void a; int b;} u; endmodule"),
    "several loop variables": (r"\bfor\s*\([^;]*,", _in_block("for (int i = 0, j = 1; i < j; i++) a = 1;")),
    "named arguments": (r"\w\s*\(\s*\.\w+\s*\(", "module m(output int y); function automatic int f(int a); return a; endfunction assign y = f(.a(1)); endmodule"),
    "array method with": (r"\bwith\s*\(", "module m; int q[$], r[$]; initial r = q.find(x) with (x > 3); endmodule"),
    "chandle": (r"\bchandle\b", "module m; chandle h; endmodule"),
    "semaphore and mailbox": (r"\b(?:semaphore|mailbox)\b", "module m; semaphore s = new(1); endmodule"),
    "const": (r"\bconst\b", "module m; const logic a = 1; endmodule"),
    "var": (r"\bvar\b", "module m(input var logic a); var logic b; endmodule"),
    "alias": (r"\balias\b", "module m(inout wire a, b); alias a = b; endmodule"),
    "nettype": (r"\bnettype\b", "module m; nettype real r; endmodule"),
    "interconnect": (r"\binterconnect\b", "module m; interconnect i; endmodule"),
    "iff in an event": (r"@\s*\([^)]*\biff\b", "module m(input c, e, output logic q); always @(posedge c iff e) q <= e; endmodule"),
    "edge": (r"@\s*\(\s*edge\b", "module m(input c, output logic q); always @(edge c) q <= 1; endmodule"),
    "extern": (r"\bextern\b", "extern module s(input a); module s(input a); endmodule"),
    "sign cast": (r"\b(?:un)?signed\s*'\(", "module m(input [3:0] a, output [3:0] y); assign y = signed'(a); endmodule"),
    "typed parameter in a header": (r"\bparameter\s+\w+\s+(?:unsigned\s+|signed\s+)?\w", "module m #(parameter int unsigned W = 4, parameter logic [3:0] V = 2)(output y); endmodule"),
    "parameter without default": (r"#\s*\([^)]*\bparameter\b", "module s #(parameter int N)(output y); endmodule module m; s #(.N(2)) u(); endmodule"),
    "default of a port": (r"\binput\b[^,;)]*=", "module m(input logic a = 0, output y); endmodule"),
    "implication operator": (r"->|<->", "module m(input a, b, output y, z); assign y = a -> b; assign z = a <-> b; endmodule"),
    "nonblocking event": (r"->>", "module m; event e; initial ->> e; endmodule"),
    "elaboration message": (r"\$(?:error|warning|info|fatal)\b", "module m #(parameter N = 4)(output y); if (N > 9) $error(\"N\"); endmodule"),
    "continue": (r"\bcontinue\b", _in_block("for (int i = 0; i < 3; i++) begin if (a[i]) continue; end")),
    "checker": (r"\bchecker\b", "checker c(logic a); endchecker"),
    "streaming by slices": (r"\{\s*(?:<<|>>)\s*\w", _in_block("a = {<<2{b}};")),
    "repeated pattern": (r"'\{\s*\w+\s*\{", "module m; logic [3:0] x [0:1]; assign x = '{2{4'd1}}; endmodule"),
    "array parameter": (r"\b(?:parameter|localparam)\b[^;=]*\w\s*\[", "module m; localparam logic [3:0] T [0:1] = '{1, 2}; endmodule"),
    "parameterized class": (r"\bclass\s+\w+\s*#", "class c #(type T = int); T a; endclass module m; c #(logic) h; endmodule"),
    "class scope": (r"\w\s*::\s*\w+\s*\(", "class c; static function int f(); return 1; endfunction endclass module m; initial $display(c::f()); endmodule"),
    "package export": (r"\bexport\b", "package p; localparam W = 4; endpackage package q; import p::W; export p::W; endpackage module m(output int y); import q::*; assign y = W; endmodule"),
    "stray semicolon": (r";\s*;", "package p; localparam A = 1;; endpackage"),
    "type of an expression": (r"\btype\s*\(", "module m(input [3:0] a); var type(a) b; endmodule"),
}  # fmt: skip
"""Name → (where it occurs, a whole text that uses it)."""


def unsupported(text: str, iverilog: str, scratch: Path, env: dict[str, str]) -> str | None:
    """A construct in `text` that this Icarus rejects in a valid example, as the reason of a skipped stage."""
    for name, (pattern, probe) in PROBES.items():
        if re.search(pattern, text) and not _accepts(iverilog, probe, scratch, tuple(env.items())):
            return f"this Icarus cannot read every use of: {name}"
    return None


@cache
def _accepts(iverilog: str, probe: str, scratch: Path, env: tuple[tuple[str, str], ...]) -> bool:
    file = scratch / "probe.sv"
    file.write_text(probe)
    argv = [iverilog, "-t", "null", "-g2012", str(file)]
    child = spawn("iverilog", argv, cwd=scratch, timeout_s=5.0, env={**dict(env), "TMPDIR": str(scratch)})
    for _ in gather([child], Event()):
        pass
    return child.ok and "error" not in child.text and "sorry" not in child.text
