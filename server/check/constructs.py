# ruff: noqa: E501 - a table
"""What the installed Icarus cannot read: asked of it with canned examples, not looked up by version."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from threading import Event

from rtlwright.server.check.runner import gather, spawn


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
