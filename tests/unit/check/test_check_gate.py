"""The gate's promise: new errors fail, everything else passes, and each stage says why."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from gate_asking import ROOT, ask, at, stage

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.icarus.find import chosen
from rtlwright.server.check.reports import LEAVES_OPEN, LEFT_OUT
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    Candidate,
    Document,
    Position,
    ProjectView,
    Range,
    SourceFile,
    SourceName,
    Status,
)

ICARUS = chosen()
REFERENCE = ICARUS is not None and ICARUS.major >= 12
MODULE = """module m(input clk, input [7:0] a, output reg [7:0] y, output [7:0] z);
  wire [7:0] t;
  <>
  assign z = t;
endmodule
"""


@pytest.mark.parametrize(
    ("candidate", "status"),
    [
        ("assign t = a;", Status.PASS),
        ("assign t = a +", Status.WARN),
        ("always @(posedge clk) begin\n    y <= a", Status.WARN),
        ("always @(posedge clk) begin : named", Status.WARN),
        ("always @(", Status.WARN),
        ("reg [", Status.WARN),
        ("case", Status.WARN),
        ("else", Status.FAIL),
        ("assign t = b;", Status.FAIL),
        ("assign t = ;", Status.FAIL),
        ("assign y = a;", Status.FAIL),
        ("wire clk;", Status.FAIL if REFERENCE else Status.WARN),  # Icarus 11 lets it pass
        ("wire [7:0] t;", Status.FAIL),
        ("logic x;", Status.FAIL),
        ("endmodule", Status.FAIL),
        ("end", Status.FAIL),
        ("always @* t = a;", Status.FAIL),
        ("always @* if (a[0]) y = a;", Status.WARN),
        ("VENDOR_BUF u_buf (.I(a[0]), .O(t[0]));", Status.WARN),
    ],
)
def test_candidates_in_a_module(gate: Gate, candidate: str, status: Status) -> None:
    (verdict,) = ask(gate, MODULE, candidate, name="m.v")
    assert verdict.status is status, verdict


@pytest.mark.parametrize("candidate", ["assign t = a +", "always @(posedge clk) begin", "reg [", "case"])
def test_what_leaves_something_open_breaks_a_whole_file_only(gate: Gate, candidate: str) -> None:
    (verdict,) = ask(gate, MODULE, candidate, name="m.v")
    assert [d.message for d in verdict.diagnostics] == [LEAVES_OPEN]
    unfinished = MODULE[: MODULE.index("<>") + 2]
    assert ask(gate, unfinished, candidate, name="m.v")[0].status is Status.PASS


DRIVEN = """module m(input logic clk, a, output logic q, r, output logic [1:0] v);
  initial q = 0;
  always_ff @(posedge clk) q <= a;
  assign v[0] = a;
  <>
endmodule
"""


@pytest.mark.parametrize(
    ("candidate", "status"),
    [
        ("always_comb q = a;", Status.FAIL),
        ("always_ff @(posedge clk) q <= ~a;", Status.FAIL),
        ("assign v[0] = q;", Status.FAIL),
        ("always_comb v[0] = q;", Status.FAIL),
        ("assign v[1] = q;", Status.PASS),
        ("always_ff @(posedge clk) begin r <= q;", Status.WARN),  # leaves its block open
        ("initial r = 0;\n  always_ff @(posedge clk) r <= q;", Status.PASS),
    ],
)
def test_a_variable_has_one_driver(gate: Gate, candidate: str, status: Status) -> None:
    (verdict,) = ask(gate, DRIVEN, candidate)
    assert verdict.status is stage(verdict, "syntax").status is status, verdict


@pytest.mark.parametrize("candidate", ["input b,", "input b", "input b;"])
def test_a_port_behind_a_header_that_has_them_all_is_wrong_half_or_whole(gate: Gate, candidate: str) -> None:
    assert ask(gate, "module m(input a);\n  <>\n", candidate, name="m.v")[0].status is Status.FAIL
    assert ask(gate, "module m(a, b);\n  input a;\n  <>\n", candidate, name="m.v")[0].status is Status.PASS


def test_dialect_follows_the_suffix_unless_the_file_is_systemverilog_already(gate: Gate) -> None:
    assert ask(gate, MODULE, "logic x;", name="m.sv")[0].status is Status.PASS
    mixed = MODULE.replace("wire [7:0] t;", "logic [7:0] t;")
    assert ask(gate, mixed, "logic x;", name="m.v")[0].status is Status.PASS


def test_order_is_that_of_the_candidates_and_the_best_are_those_of_the_highest_score(gate: Gate) -> None:
    text, position = at(MODULE)
    texts = [f"assign t = a + {n};" for n in range(4)]
    given = [
        Candidate(t, Range.at(position), SourceName.MODEL, score=s)
        for t, s in zip(texts, (-3, -1, -2, -4), strict=True)
    ]
    view = ProjectView(ROOT, "m.v")
    verdicts = gate.check(
        Document.of(ROOT / "m.v", text), given, view, deadline_s=30, best=2, cancel=Cancel()
    )
    assert [v.status for v in verdicts] == [Status.UNCHECKED, Status.PASS, Status.PASS, Status.UNCHECKED]
    assert "best" in (verdicts[0].stages[-1].reason or "")


def test_an_error_elsewhere_is_nobodys_and_the_candidates_own_is_still_seen(gate: Gate) -> None:
    broken_below = MODULE + "module n(input q); assign = ; endmodule\n"
    good, bad = ask(gate, broken_below, "assign t = a;", "assign t = b;", name="m.v")
    assert good.status is Status.PASS and bad.status is Status.FAIL
    broken_above = "module n(input q); assign = ; endmodule\n" + MODULE
    good, bad, worse = ask(gate, broken_above, "assign t = a;", "assign t = ;", "assign t = b;", name="m.v")
    assert good.status is Status.PASS and bad.status is Status.FAIL and worse.status is Status.FAIL
    semantic = MODULE.replace("assign z = t;", "assign z = t; assign q[0] = nowhere;")
    good, bad = ask(gate, semantic, "assign t = a;", "assign t = nowhere2;", name="m.v")
    assert good.status is Status.PASS and bad.status is Status.FAIL


def test_places_are_those_of_the_document_with_the_candidate(gate: Gate) -> None:
    text = "module m(input a, output y);\n  /* é𝛼 */ <>\n  assign q1 = 1;\nendmodule\n"
    (verdict,) = ask(gate, text, "wire w;\n  /* 𝛼 */ assign y = nope;", name="m.v")
    (found,) = [d for d in verdict.diagnostics if d.tool == "slang"]
    assert (found.line, found.column) == (3, 23)
    assert found.hint == "Nothing declares nope: declare it, or check its spelling."


def test_half_a_token_is_finished_by_the_candidate(gate: Gate) -> None:
    text = "module m(input data_in, output y);\n  assign y = dat<>;\nendmodule\n"
    good, bad = ask(gate, text, "a_in", "a_out", name="m.v")
    assert good.status is Status.PASS and bad.status is Status.FAIL
    half = "module m(input data_in, output y);\n  assign y = <>\nendmodule\n"
    assert ask(gate, half, "data_", name="m.v")[0].status is Status.PASS


@pytest.mark.parametrize("text", ["// a comment <>\n", "/* open <> */\n", 'localparam S = "str<>";\n'])
def test_a_cursor_in_a_comment_or_a_string(gate: Gate, text: str) -> None:
    whole = f"module m(input a);\n  {text}endmodule\n"
    assert ask(gate, whole, "what begin end ( ever")[0].status is Status.PASS


def test_crlf_and_tabs(gate: Gate) -> None:
    text = MODULE.replace("  ", "\t").replace("\n", "\r\n")
    good, bad = ask(gate, text, "assign t = a;\r\n\tassign y2 = a;", "assign t = b;\r\n", name="m.v")
    assert good.status is not Status.FAIL and bad.status is Status.FAIL


def test_the_project_is_seen(gate: Gate) -> None:
    sources = (
        SourceFile.of("pkg.sv", "package p; typedef logic [3:0] nib_t; endpackage\n"),
        SourceFile.of(
            "sub.sv",
            "module sub #(parameter W = 2)(input [W-1:0] a, output [W-1:0] y); assign y = a; endmodule\n",
        ),
    )
    includes = (SourceFile.of("inc/defs.svh", "`define WIDTH 4\n"),)
    view = ProjectView(ROOT, "rtl/m.sv", sources, includes, ("inc",), {"ON": "1"})
    text = '`include "defs.svh"\nmodule m(input [`WIDTH-1:0] a, output [3:0] y);\n'
    text += "  import p::*;\n  <>\nendmodule\n"
    candidates = [
        "sub #(.W(4)) u (.a(a), .y(y));",
        "sub #(.W(4)) u (.b(a), .y(y));",
        "nib_t n; assign y = n;",
        "nob_t n; assign y = n;",
        "`ifdef ON\n  assign y = a;\n`endif",
        "sub #(.X(4)) u (.a(a), .y(y));",
    ]
    found = [v.status for v in ask(gate, text, *candidates, name="rtl/m.sv", view=view, best=6)]
    assert found[0] is Status.PASS and found[1] is Status.FAIL and found[2] is not Status.FAIL
    assert found[3] is Status.FAIL and found[4] is Status.PASS
    assert found[5] is (Status.FAIL if REFERENCE else Status.WARN)  # Icarus 11 only warns of it


def test_what_conditional_compilation_leaves_out_is_checked_as_if_it_were_there(gate: Gate) -> None:
    text = "module m(input a, output y);\n`ifdef FAST\n  <>\n`else\n  assign y = a;\n`endif\nendmodule\n"
    candidates = ("assign y = a;", "assign y = nowhere;", "assign y = a &")
    expected = [Status.PASS, Status.FAIL, Status.WARN]
    found = ask(gate, text, *candidates, name="m.v")
    assert [verdict.status for verdict in found] == expected
    assert {stage(verdict, "splice").reason for verdict in found} == {"as if FAST were defined"}
    found = ask(gate, "`define FAST\n" + text, *candidates, name="m.v")
    assert [verdict.status for verdict in found] == expected
    assert {stage(verdict, "splice").reason for verdict in found} == {None}
    slow = ProjectView(ROOT, "m.v", defines={"SLOW": "", "W": "4"})
    text = "module m(input [`W-1:0] a, output [`W-1:0] y);\n`ifndef SLOW\n  <>\n`endif\nendmodule\n"
    found = ask(gate, text, *candidates, name="m.v", view=slow)
    assert [verdict.status for verdict in found] == expected
    assert {stage(verdict, "splice").reason for verdict in found} == {"as if SLOW were not defined"}


def test_what_no_macro_brings_in_is_not_called_checked(gate: Gate) -> None:
    text = "`define SLOW\nmodule m(input a, output y);\n`ifndef SLOW\n  <>\n`endif\nendmodule\n"
    for candidate in ("assign y = a;", "assign y = nowhere;"):
        (verdict,) = ask(gate, text, candidate, name="m.v")
        assert (verdict.status, stage(verdict, "syntax").reason) == (Status.UNCHECKED, LEFT_OUT)


def test_default_nettype_none_makes_an_unknown_wire_an_error(gate: Gate) -> None:
    text = "module s(input i); endmodule\nmodule m(input a);\n  <>\nendmodule\n"
    assert ask(gate, text, "s u (.i(later));", name="m.v")[0].status is not Status.FAIL
    strict = "`default_nettype none\n" + text.replace("input ", "input wire ")
    assert ask(gate, strict, "s u (.i(later));", name="m.v")[0].status is Status.FAIL


def test_a_missing_include_blinds_and_so_only_warns(gate: Gate) -> None:
    text = '`include "nowhere.vh"\nmodule m(input a, output y);\n  <>\nendmodule\n'
    assert ask(gate, text, "assign y = FROM_INCLUDE;", name="m.v")[0].status is Status.WARN


def test_what_this_icarus_cannot_read_is_skipped_with_the_reason(gate: Gate) -> None:
    text = "module m(input clk, a, b);\n  <>\nendmodule\n"
    (verdict,) = ask(gate, text, "property p; @(posedge clk) a |-> b; endproperty\n  assert property (p);")
    assert verdict.status is not Status.FAIL
    assert stage(verdict, "icarus").status in (Status.SKIPPED, Status.PASS)


def test_the_deadline_holds_and_the_verdict_comes_later() -> None:
    gate = Gate(CheckConfig())
    try:
        begun = time.monotonic()
        (verdict,) = ask(gate, MODULE, "assign t = a;", name="m.v", deadline_s=0.02)
        assert time.monotonic() - begun < 0.5
        assert verdict.status is Status.UNCHECKED
        assert "20 ms" in (verdict.stages[-1].reason or "")
        assert ask(gate, MODULE, "assign t = a;", name="m.v")[0].status is Status.PASS
    finally:
        gate.close()


def test_verdicts_are_remembered(gate: Gate) -> None:
    first = ask(gate, MODULE, "assign t = a ^ 8'h5a;", name="m.v")
    assert ask(gate, MODULE, "assign t = a ^ 8'h5a;", name="m.v", deadline_s=0.0) == first


def test_cancelled_checks_raise(gate: Gate) -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        ask(gate, MODULE, "assign t = a;", name="m.v", cancel=cancel)


def test_yosys_may_fail_or_be_off() -> None:
    for setting, status in (("fail", Status.FAIL), ("off", Status.PASS)):
        gate = Gate(CheckConfig(yosys=setting))
        try:
            (verdict,) = ask(gate, MODULE, "always @* if (a[0]) y = a;", name="m.v")
            assert verdict.status is status
        finally:
            gate.close()


def test_no_icarus_is_a_skipped_stage_that_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("RTLWRIGHT_EDA", "/nonexistent")
    gate = Gate(CheckConfig())
    try:
        (verdict,) = ask(gate, MODULE, "assign t = a;", name="m.v")
        assert verdict.status is Status.PASS
        skipped = stage(verdict, "icarus")
        assert skipped.status is Status.SKIPPED and "apt-get install iverilog" in (skipped.reason or "")
        assert [tool.name for tool in gate.status().missing] == ["iverilog"]
    finally:
        gate.close()


def test_nothing_starts_before_it_is_used() -> None:
    gate = Gate(CheckConfig())
    assert gate._checker._worker is None
    gate.close()


def test_a_lone_file_and_an_empty_one(gate: Gate) -> None:
    assert (
        ask(gate, "<>", "module m(input a, output y);\n  assign y = a;\nendmodule\n")[0].status is Status.PASS
    )
    assert ask(gate, "<>", "module m(input a, output y);\n  assign y = ")[0].status is Status.PASS
    assert ask(gate, "<>", "")[0].status is Status.FAIL


def test_positions_outside_of_the_document_are_harmless(gate: Gate) -> None:
    document = Document.of(Path("/p/m.v"), "module m; endmodule\n")
    far = Candidate("// x", Range.at(Position(99, 99)), SourceName.MODEL)
    (verdict,) = gate.check(document, [far], ProjectView(Path("/p"), "m.v"), deadline_s=30, cancel=Cancel())
    assert verdict.status is Status.PASS
