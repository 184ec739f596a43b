# ruff: noqa: E501 - a table
"""Closure in every construct, through the real gate: what fits passes, what does not fails.

A row is a text with `<>` at the cursor, what fits there, and what does not. Each is tried in the text as it is,
with the rest of the file missing, with Windows line ends, and with tabs and UTF-8 in comments around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from gate_asking import ask

from rtlwright.server.check.gate import Gate
from rtlwright.server.types import Status


@dataclass(frozen=True)
class Row:
    """A place, and texts for it."""

    name: str
    text: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    file: str = "m.sv"
    cut: bool = True
    """The bad ones are wrong, too, when everything behind the cursor is missing."""


def module(body: str, ports: str = "input logic clk, rst, input logic [7:0] a, output logic [7:0] y") -> str:
    return f"module m ({ports});\n  logic [7:0] t, u;\n  logic f;\n{body}\nendmodule\n"


ROWS = [
    Row("nested begin", module("always_ff @(posedge clk) begin if (f) begin t <= a; <>\nend end"),
        ("u <= a;", "if (rst) begin u <= 0; end", "if (rst) u <= 0; else u <="),
        ("v <= a;", "endmodule", "else u <= a;")),
    Row("end else", module("always_comb begin\n  t = a;\n  if (f) begin\n    t = u;\n  <>\nend"),
        ("end", "end else begin\n    t = y;\n  end", "end else if (rst) begin t = a; end"),
        ("end endcase", "end else begin t = z; end", "ende")),
    Row("case", module("always_comb begin\n  t = 0;\n  case (a)\n    8'd0: t = 1;\n    <>\n  endcase\nend"),
        ("8'd1: t = 2;", "8'd1, 8'd2: begin t = u; end", "default: t = a;", "8'd3:"),
        ("8'd1: t = v;", "8'd1 t = 2;", "else t = 1;")),
    Row("casez", module("always_comb begin\n  t = 0;\n  casez (a)\n    <>\n  endcase\nend"),
        ("8'b1???????: t = 1;", "8'b0000????, 8'b1111????: t = 2;"), ("8'b1???2: t = 1;", "8'b1???????: v = 1;")),
    Row("casex", module("always_comb begin\n  t = 0;\n  casex (a)\n    8'b1xxxxxxx: <>\n  endcase\nend"),
        ("t = 1;", "begin t = u; end", "if (f) t = 1; else t = 0;"), ("t == 1;", "w = 1;")),
    Row("generate for", module("genvar g;\ngenerate for (g = 0; g < 8; g = g + 1) begin : gen\n <>\nend endgenerate"),
        ("assign y[g] = a[7-g];", "if (g == 0) begin : first assign y[g] = f; end", "wire w = a["),
        ("assign y[h] = a[g];", "endmodule", "assing y[g] = f;")),
    Row("generate if", module("generate if (1) begin : one\n  assign y = a;\nend <>\nendgenerate"),
        ("else begin : two assign y = t; end", "else if (0) begin : three end", "if (1) begin : four end"),
        ("else begin : two assign y = v; end", "endcase")),
    Row("generate case", module("generate case (1)\n  1: assign y = a;\n  <>\nendcase endgenerate"),
        ("2: begin : two assign y = t; end", "default: assign y = t;"), ("2: assign y = nothing;", "2 assign y = t;")),
    Row("function", module("function automatic logic [7:0] fn(input logic [7:0] x);\n  <>\nendfunction"),
        ("return x + 1;", "fn = x;", "logic [7:0] k;\n  k = x;\n  return k;", "for (int i = 0; i < 8; i++) fn[i] ="),
        ("return z;", "endtask", "fn = (x;")),
    Row("call of a function", module("function automatic logic [7:0] fn(input logic [7:0] x);\n  return x;\n"
        "endfunction\nassign y = <>;"),
        ("fn(a)", "fn(fn(t))", "fn(a) + u"), ("fn(a, t)", "fn(v)", "fn(a))")),
    Row("task", module("task automatic tk(output logic [7:0] x);\n  <>\nendtask\ninitial tk(t);"),
        ("x = a;", "#1 x = a;", "begin x = u; end"), ("x = v;", "endfunction", "x <= = a;")),
    Row("class", "class c;\n  int n;\n  <>\nendclass\n",
        ("int k;", "function new(); n = 0; endfunction", "task run(); n = n + 1; endtask"),
        ("function new(); o = 0; endfunction", "endpackage", "funtcion new(); endfunction")),
    Row("package", "package p;\n  typedef logic [3:0] nib_t;\n  <>\nendpackage\nmodule m; endmodule\n",
        ("typedef enum logic [1:0] {A, B} e_t;", "localparam nib_t N = 3;", "function nib_t f(nib_t x); return x;"),
        ("localparam nob_t N = 3;", "endmodule", "typedef enum {A, A} e_t;")),
    Row("enumeration", "package p;\n  typedef enum logic [1:0] {\n    A,\n    <>\n  } e_t;\nendpackage\nmodule m; endmodule\n",
        ("B", "B = 2'd2", "B, C"), ("B C", "B = Z"), cut=False),
    Row("structure", "package p;\n  typedef struct packed {\n    logic a;\n    <>\n  } s_t;\nendpackage\nmodule m; endmodule\n",
        ("logic [3:0] b;", "logic b, c;", "logic [3:"), ("lgoic b;", "logic b", "end"), cut=False),
    Row("member", module("typedef struct packed { logic up; logic [2:0] n; } s_t;\n  s_t s;\n  assign y = <>;"),
        ("s.n", "{s.up, s.n}", "s"), ("s.down", "s..n")),
    Row("interface", "interface i (input logic clk);\n  logic [7:0] d;\n  logic v;\n  <>\nendinterface\nmodule m; endmodule\n",
        ("modport src (output d, input v);", "assign v = d[0];", "logic r"), ("assign v = e;", "endmodule", "modport src (output w);")),
    Row("modport", "interface i;\n  logic d, v;\n  modport src (output d, <>);\nendinterface\nmodule m; endmodule\n",
        ("input v",), ("input v, )", "inptu v"), cut=False),
    Row("macro with arguments", "`define ADD(x, k) ((x) + (k))\n" + module("assign y = <>;"),
        ("`ADD(a, t)", "`ADD(a, 1) + u"), ("`ADD(a, v)", "`SUB(a, t)")),
    Row("behind a macro", "`define W 8\n`define REG(q) logic [7:0] q;\n" + module("`REG(r)\n  <>\n  wire w = f;"),
        ("assign y = r;", "always_ff @(posedge clk) r <= a;", "wire [`W-1:0] z = a;"), ("assign y = s;", "wire [`V-1:0] z;")),
    Row("body of a macro", "`define TWICE(x) ((x) <>)\n" + module("assign y = `TWICE(a);"), ("* 2", "<< 1"), (), cut=False),
    Row("ifdef, left out", module("`ifdef NEVER\n  <>\n`else\n  assign y = a;\n`endif"),
        ("assign y = t;", "wire q;"), (), cut=False),
    Row("ifdef, taken", "`define EVER\n" + module("`ifdef EVER\n  <>\n`else\n  assign y = nothing;\n`endif"),
        ("assign y = t;", "wire q;"), ("assign y = v;", "end")),
    Row("else of ifdef", module("`ifdef NEVER\n  assign y = nothing;\n`else\n  <>\n`endif"),
        ("assign y = a;",), ("assign y = b;", "end")),
    Row("an ifdef around it", module("<>"),
        ("`ifdef NEVER\n  assign y = nothing;\n`else\n  assign y = a;\n`endif", "`ifndef X\n  assign y = a;"),
        ("`ifndef NEVER\n  assign y = nothing;\n`endif",)),
    Row("attribute", module("(* <> *) logic [7:0] kept;"), ("keep", 'keep = "true", dont_touch = 1'), ("keep keep", "(* x")),
    Row("behind an attribute", module("(* full_case *) <>"), ("always_comb t = a;", "wire z = f;"), ("wire z = g;",)),
    Row("line comment", module("// what is <>\n  assign y = a;"), ("begin ( end", "endmodule `x \"", "é𝛼"), (), cut=False),
    Row("block comment", module("/* what is <> */\n  assign y = a;"), ("begin ( end", "endmodule\nmodule"), (), cut=False),
    Row("string", module('initial $display("now <>", t);'), ("%0d", "begin ( end", "é"), (), cut=False),
    Row("half a name", module("logic [7:0] counter;\n  assign y = cou<>;"), ("nter", "nter + 1"), ("nted", "ntre + 1")),
    Row("half a keyword", module("alw<>"), ("ays_comb t = a;", "ays_ff @(posedge clk) begin t <= a;"), ("yas_comb t = a;",)),
    Row("half a number", module("assign y = 8'<>;"), ("hff", "d12 + a", "b0101"), ("hxyz", "b012")),
    Row("half a system call", module("assign y = $cl<>;"), ("og2(8)",), ()),
    Row("foreach", module("logic [7:0] r [4];\n  always_comb begin foreach (r[i]) begin <> end end"),
        ("r[i] = a;", "if (i == 0) r[i] = t; else r[i] = u;"), ("r[j] = a;", "s[i] = a;")),
    Row("for header", module("always_comb begin for (<>) t[i] = a[i]; end"),
        ("int i = 0; i < 8; i++", "int i = 7; i >= 0; i--"), ("int i = 0; i < 8; k++", "int i = 0, i < 8; i++"), cut=False),
    Row("sensitivity list", module("always @(<>) t = a;"), ("posedge clk", "posedge clk or negedge rst", "*", "a or u"),
        ("posedge clock", "posedge clk, clock", "poesdge clk")),
    Row("always_latch", module("always_latch <>"), ("if (f) t = a;", "begin if (f) t = a; end"), ("if (g) t = a;", "if f t = a;")),
    Row("instance", "module s #(parameter N = 1) (input i, output o); assign o = i; endmodule\n"
        + module("s #(.N(2)) u_s (<>);"), (".i(f), .o(y[0])", "f, y[0]", ".i(f), .o()"),
        (".i(f), .out(y[0])", "f, y[0], t", ".i(f) .o(y[0])")),
    Row("header", "module m #(parameter N = 4) (\n  input logic clk,\n  <>\n  output logic [N-1:0] y\n);\nendmodule\n",
        ("input logic [N-1:0] a,", "input logic a, b,"), ("input logic [M-1:0] a,", "input lgoic a,", "input logic a;"), cut=False),
    Row("ports of old", "module m (clk, a, y);\n  input clk;\n  <>\n  assign y = a;\nendmodule\n",
        ("input [3:0] a; output [3:0] y;", "input a;\n  output y;", "output reg [3:"), ("input b;", "inptu a;"), "m.v"),
    Row("parameters", module("localparam W = <>;"), ("8", "$clog2(256)"), ("V2(1)", "V + 1", "8 8"), cut=False),
    Row("concatenation", module("assign y = {<>};"), ("a[3:0], t[3:0]", "8{f}", "{4{f}}, 4'd0"), ("'d1, a", "a,, t", "v")),
    Row("fork", module("initial begin fork <> join end"), ("#1 t = a;", "begin t = 1; end\n  u = 2;"), ("t = v;", "end")),
    Row("assertion", module("always_ff @(posedge clk) begin <> end"),
        ('assert (t == a) else $error("x");', "assert (f);"), ('assert (t == b) else $error("x");', "assert f;")),
    Row("top of the file", "<>\nmodule m (input a); endmodule\n",
        ("`timescale 1ns / 1ps", "`default_nettype none", "`timescale 1 ns", "package p; endpackage", "// note", "`define X 1"),
        ("endmodule", "modul z; endmodule", "end"), cut=False),
]  # fmt: skip


def windows(text: str) -> str:
    return text.replace("\n", "\r\n")


def decorated(text: str) -> str:
    """Tabs, and comments that are no ASCII, before and behind."""
    return "// é𝛼 größer\n" + text.replace("  ", "\t").replace("\nendmodule", "\n\t// 結び\nendmodule")


def behind_missing(text: str) -> str:
    return text[: text.index("<>") + 2]


FORMS = {"as it is": str, "windows": windows, "decorated": decorated, "rest missing": behind_missing}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_fits_passes(gate: Gate, row: Row, form: str) -> None:
    text = FORMS[form](row.text)
    verdicts = ask(gate, text, *row.good, name=row.file, best=len(row.good))
    failed = [
        (good, v.reasons) for good, v in zip(row.good, verdicts, strict=True) if v.status is Status.FAIL
    ]
    assert not failed


WRONG = [(row, form) for row in ROWS if row.bad for form in FORMS if row.cut or form != "rest missing"]
"""Without `row.cut`, what is wrong may still become right with the rest missing."""


@pytest.mark.parametrize(("row", "form"), WRONG, ids=[f"{row.name}-{form}" for row, form in WRONG])
def test_what_does_not_fit_fails(gate: Gate, row: Row, form: str) -> None:
    text = FORMS[form](row.text)
    verdicts = ask(gate, text, *row.bad, name=row.file, best=len(row.bad))
    shown = [(bad, v.status) for bad, v in zip(row.bad, verdicts, strict=True) if _shown(v)]
    assert not shown


def _shown(verdict) -> bool:
    from unfinished.report import shown

    return shown(verdict)
