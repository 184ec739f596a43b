"""What other people's RTL taught: continuations that were refused and are right, and their broken twins."""

from __future__ import annotations

import pytest
from gate_asking import ROOT, ask, stage

from rtlwright.server.check.gate import Gate
from rtlwright.server.types import (
    Candidate,
    Document,
    Position,
    ProjectView,
    Range,
    SourceFile,
    SourceName,
    Status,
)

SHOWN = (Status.PASS, Status.WARN)
PACKAGE = SourceFile.of("p.sv", "package p; parameter int W = 4; endpackage\n")
CONFIG = SourceFile.of("rtl/config.vh", "`define WIDTH 4\n")


@pytest.mark.parametrize(
    ("text", "candidate"),
    [
        ("/* Its\nmodule is <>\non the bus */\nmodule m(output y);\nendmodule\n", "written here\n"),
        ("module m(input [3:0] a, output [4:0] y);\n  assign y = {1'b1, a ^ (<>\n", "~"),
        ("module m(input a, output y);\n  far_away #<>\n", ""),
        ("module m(input a, output y);\n  far_away<>\n", " #"),
        ("module m(output reg y);\n  always\n<>\nendmodule\n", "begin"),
        ("module m;\n  task automatic t(input int li<>\n", "ne);\n    begin $display(lin"),
        ("module s(input d_in, d_out);\nendmodule\nmodule m(input a);\n  s u (<>\n", ".d_in(a), .d_"),
        ("module m(output [3:0] y);\n  localparam logic [3:0] X = <>\n", "'"),
        ("package p;\n  localparam logic [31:0<>\nendpackage\n", "] X = 32'h"),
        ("module m(input a);\n  typede<>\nendmodule\n", "f struct packed {\n    logic b;\n    logi"),
        ("module m(\n<>", "  input a,\n  outp"),
        ("module m(input c, q);\n  assert property (<>\n", "@"),
        ("module m(input a);\n  initial begin\n    if (a) begin\n<>\nendmodule\n", '$display("", env.ram.i'),
    ],
)
def test_what_is_half_there_is_shown(gate: Gate, text: str, candidate: str) -> None:
    (verdict,) = ask(gate, text, candidate or "(1)")
    assert verdict.status in SHOWN, verdict
    assert stage(verdict, "icarus").status is not Status.UNCHECKED, verdict


def test_a_task_may_begin(gate: Gate) -> None:
    """Icarus wants a statement in it, in Verilog-2005."""
    for candidate, status in (("look;", SHOWN), ("look; endtask", (Status.FAIL,))):
        (verdict,) = ask(gate, "module m;\n  task <>\n", candidate, name="m.v")
        assert verdict.status in status, verdict


def test_half_of_a_scope_operator(gate: Gate) -> None:
    view = ProjectView(ROOT, "m.sv", (PACKAGE,))
    for candidate, status in (("p:", SHOWN), ("p::W:0] a);", SHOWN), ("q::W:0] a);", (Status.FAIL,))):
        (verdict,) = ask(gate, "module m(input logic [<>", candidate, view=view)
        assert verdict.status in status, (candidate, verdict)


def test_what_the_file_uses_undeclared_its_surroundings_declare(gate: Gate) -> None:
    """A task of its own, to be included in a module."""
    text = "task set(output [3:0] flags);\n  begin\n    flags[CF] = 1'b1;\n    <>\n  end\nendtask\n"
    assert ask(gate, text, "flags[CF] = 1'b0;")[0].status in SHOWN
    assert ask(gate, text, "flags[CG] = 1'b0;")[0].status is Status.FAIL


def test_an_always_block_without_time_is_wrong_once_it_is_whole(gate: Gate) -> None:
    text = "module m(output reg y);\n  always\n    <>\nendmodule\n"
    assert ask(gate, text, "begin y = 1; end")[0].status is Status.FAIL


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("../rtl/config.vh", Status.PASS),
        ("../../rtl/config.vh", Status.FAIL),
        ("../rtl/none.vh", Status.FAIL),
    ],
)
def test_an_include_may_climb_to_a_file_of_the_project(gate: Gate, name: str, status: Status) -> None:
    view = ProjectView(ROOT, "src/m.sv", (), (CONFIG,))
    candidate = f'`include "{name}"\nmodule n(input [`WIDTH-1:0] a);\nendmodule\n'
    (verdict,) = ask(gate, "<>", candidate, view=view, name="src/m.sv")
    assert verdict.status is status, verdict


def test_randomize_is_what_icarus_lacks(gate: Gate) -> None:
    text = "module tb;\n  int a;\n  initial begin\n    <>\n  end\nendmodule\n"
    (verdict,) = ask(gate, text, "if (!std::randomize(a)) $fatal;")
    assert verdict.status in SHOWN and stage(verdict, "icarus").status is Status.SKIPPED, verdict


@pytest.mark.parametrize("head", ["x = 0; ", "if (a) begin x = 0; ", "case (a) 1: begin x = 0; "])
def test_a_statement_may_begin_before_the_end_on_its_line(gate: Gate, head: str) -> None:
    rest = {"i": " end", "c": " end endcase"}.get(head[0], "")
    text = f"module m(input a, output reg x);\n  always @* begin {head}<>{rest} end\nendmodule\n"
    assert ask(gate, text, "if")[0].status in SHOWN
    assert ask(gate, text, "if (a)) x = 1;")[0].status is Status.FAIL


LOOSE = SourceFile.of(
    "types.sv",
    "typedef logic [3:0] nibble_t;\nlocalparam W = 4;\nimport p::*;\n"
    "function automatic logic odd(input nibble_t v); return ^v; endfunction\n"
    "module other; endmodule : other\n",
)


def test_what_other_files_declare_outside_of_modules_is_known(gate: Gate) -> None:
    """One compilation has it all; slang, to which each file is one of its own, has not."""
    package = SourceFile.of("p.sv", "package p; typedef logic [7:0] byte_t; endpackage\n")
    view = ProjectView(ROOT, "m.sv", (package, LOOSE))
    text = "module m(input [3:0] a, output y);\n  <>\nendmodule\n"
    for candidate in ("nibble_t b = a;", "assign y = odd(a);", "wire [W-1:0] b = a;", "byte_t b;"):
        assert ask(gate, text, candidate, view=view)[0].status in SHOWN, candidate
    for candidate in (
        "nibbles_t b = a;",
        "assign y = even(a);",
        "wire [V-1:0] b = a;",
        "nibble_t b = other;",
    ):
        assert ask(gate, text, candidate, view=view)[0].status is Status.FAIL, candidate


def test_half_of_an_else_closes_no_more_than_the_whole(gate: Gate) -> None:
    text = (
        "module m(input clk, input a, output reg x);\n  always @(posedge clk) begin\n    if (a) begin\n<>\n"
        "      x <= 0;\n    end\n  end\nendmodule\n"
    )
    spliced = gate.splice(
        Document.of(ROOT / "m.sv", text.replace("<>", "")),
        Candidate("    end el", Range.at(Position(3, 0)), SourceName.MODEL),
    )
    assert spliced.text == "    end el"
    assert ask(gate, text, "    end el")[0].status in SHOWN


def test_half_of_a_type_in_the_header_of_a_loop(gate: Gate) -> None:
    text = "module m;\n  initial begin\n    for (<>\n  end\nendmodule\n"
    for candidate in ("in", "genv", "integ"):
        assert ask(gate, text, candidate)[0].status in SHOWN
    assert ask(gate, text, "q = 0; q < 1; q = q + 1) ;")[0].status is Status.FAIL


def test_half_of_a_comments_beginning(gate: Gate) -> None:
    text = "// Licensed\n<>\n// to you\nmodule m(input a, output y);\n  assign y = a;\nendmodule\n"
    assert ask(gate, text, "// by nobody\n/")[0].status in SHOWN
    assert ask(gate, text, "// by nobody\n/ x")[0].status is Status.FAIL


def test_a_second_driver_is_one_as_soon_as_its_target_is_told(gate: Gate) -> None:
    text = "module m(input a, output y);\n  logic [1:0] b;\n  assign b[0] = a;\n  <>\nendmodule\n"
    assert ask(gate, text, "assign b[0] = a ^")[0].status is Status.FAIL
    for candidate in ("assign b[", "assign b[1] = a ^", "assign b"):
        assert ask(gate, text, candidate)[0].status in SHOWN, candidate


def test_the_default_of_a_type_parameter_says_nothing_of_its_members(gate: Gate) -> None:
    """`parameter type req_t = logic` is how a module is told that it gets a structure."""
    text = (
        "module m #(parameter type req_t = logic, parameter type rsp_t = logic) (\n"
        "  input req_t req_i, output rsp_t rsp_o, output logic we_o);\n"
        "  typedef logic [1:0] pair_t;\n  pair_t pair;\n  <>\nendmodule\n"
    )
    for candidate in ("assign we_o = req_i.write;", "assign rsp_o.error = req_i.", "assign rsp_o.data = '0;"):
        assert ask(gate, text, candidate)[0].status in SHOWN, candidate
    for candidate in ("assign we_o = pair.write;", "assign we_o = req.write;"):
        assert ask(gate, text, candidate)[0].status is Status.FAIL, candidate
