"""Diagnostics point where an editor shows them, whatever stands before, around and behind the place."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from gate_asking import ROOT, ask
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.icarus.find import chosen
from rtlwright.server.check.places import named, placed
from rtlwright.server.check.stages import position
from rtlwright.server.check.text.lexer import Kind, code
from rtlwright.server.types import (
    Cancel,
    Diagnostic,
    Document,
    ProjectView,
    Severity,
    SourceFile,
    StageResult,
    Status,
)

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = sorted(
    file
    for file in (*EXAMPLES.glob("*/*.*v"), *(Path(__file__).parent / "designs").glob("*.*v"))
    if file.name not in ("soc_top.sv", "timer_tb.v")
)
NEEDS_ICARUS = pytest.mark.skipif(chosen() is None, reason="Icarus Verilog is not installed")
TOP = "module m(input clk, input [3:0] a, output [3:0] q);\n"


def view(name: str, text: str, *others: SourceFile, includes: tuple[SourceFile, ...] = ()) -> ProjectView:
    return ProjectView(ROOT, name, (*others, SourceFile.of(name, text)), includes, ("inc",))


def whole(gate: Gate, name: str, text: str, project: ProjectView) -> tuple[Diagnostic, ...]:
    document = Document.of(ROOT / name, text)
    report = gate.check_files([document], project, top=None, testbench=None, timeout_s=30.0, cancel=Cancel())
    return report.verdict.diagnostics


def of(found: tuple[Diagnostic, ...], tool: str) -> list[tuple[str | None, int, int]]:
    """(file, line, column) of a tool's diagnostics that name a line."""
    return [(d.file, d.line, d.column) for d in found if d.tool == tool and d.line]


def errors(text: str) -> list[tuple[str, int, int]]:
    """Ways to break a text: the broken text, the line and column (in UTF-16 code units) of what is wrong."""
    tokens = [t for t in code(text) if not t.trivial]
    uses = [
        token
        for before, token in pairwise(tokens)
        if before.text in ("=", "<=", "&", "|", "+", "==", "!") and token.kind is Kind.IDENTIFIER
    ]
    return [
        (f"{text[: t.start]}no_such_name{text[t.end :]}", *position(text, t.start))
        for t in uses[:: max(1, len(uses) // 3)]
    ]


DRESSES = {
    "plain": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: text.replace("  ", "\t"),
    "emoji": lambda text: (
        "// é😀\n" + text.replace("assign ", "/* 😀😀 */ assign ").replace(" <= ", " /*é😀*/ <= ")
    ),
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("file", FILES[1::2], ids=lambda file: file.name)
def test_an_error_in_a_file_is_where_it_was_put(gate: Gate, file: Path, dress: str) -> None:
    others = [
        SourceFile.of(each.name, each.read_text())
        for each in sorted(file.parent.glob("*_pkg.sv"))
        if each != file
    ]
    text = DRESSES[dress](file.read_text())
    for broken, line, column in errors(text)[:2]:
        found = whole(gate, file.name, broken, view(file.name, broken, *others))
        assert (file.name, line, column) in of(found, "slang"), (line, column, found)
        told = [d for d in found if d.tool == "icarus" and "no_such_name" in d.message and named(d.message)]
        assert all(d.line == line and d.column in (column, 0) for d in told), (line, column, told)


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("file", FILES[::3], ids=lambda file: file.name)
def test_an_error_in_a_candidate_is_where_it_will_stand(gate: Gate, file: Path, dress: str) -> None:
    """The candidate is the line with the error and the one before; behind it the file goes on, or ends."""
    text = DRESSES[dress](file.read_text())
    others = tuple(
        SourceFile.of(each.name, each.read_text())
        for each in sorted(file.parent.glob("*_pkg.sv"))
        if each != file
    )
    project = ProjectView(ROOT, file.name, others)
    for broken, line, column in errors(text)[:1]:
        lines = broken.splitlines(True)
        first = max(0, line - 2)
        before, candidate, after = "".join(lines[:first]), "".join(lines[first:line]), "".join(lines[line:])
        for rest in (after, ""):
            (verdict,) = ask(gate, f"{before}<>{rest}", candidate, name=file.name, view=project)
            assert (None, line, column) in of(verdict.diagnostics, "slang"), (line, column, verdict)


@NEEDS_ICARUS
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("closed", [True, False])
def test_icarus_and_yosys_in_a_candidate(gate: Gate, newline: str, closed: bool) -> None:
    text = f"{TOP}\twire t;\n\t/* é😀 */ <>\n{'endmodule' if closed else ''}\n".replace("\n", newline)
    candidate = newline.join(("wire u;", "", " wire v = clk[3:0];", "assign q = a;"))
    (verdict,) = ask(gate, text, candidate)
    assert (None, 5, 11) in of(verdict.diagnostics, "icarus")
    latch = newline.join(("reg r;", "always @*", "  if (clk) r = a[0];", "assign q = {4{r}};"))
    if closed:
        (verdict,) = ask(gate, text, latch)
        assert [each[1] for each in of(verdict.diagnostics, "yosys")] in ([3], [4], [5])


def test_a_macro_is_blamed_where_it_is_used(gate: Gate) -> None:
    text = f"`define BAD(x) (x + \\\n  no_such_name)\n`define SEL clk[3:0]\n{TOP}  assign q = `BAD(a);\n"
    text += "  wire [3:0] s = `SEL;\nendmodule\n"
    found = whole(gate, "m.sv", text, view("m.sv", text))
    assert of(found, "slang") == [("m.sv", 5, 14)]
    if chosen() is not None:
        assert {place for place in of(found, "icarus") if place[2]} == {("m.sv", 5, 14), ("m.sv", 6, 18)}


def test_an_include_is_blamed_by_its_name(gate: Gate) -> None:
    header = SourceFile.of(
        "inc/d.svh", "wire z1 = 1;\nwire é😀 = 0;\nwire z3 = /*😀*/ no_such_name;\n".replace("é😀", "z2")
    )
    text = f'{TOP}  assign q = a;\n  `include "d.svh"\nendmodule\n'
    found = whole(gate, "m.sv", text, view("m.sv", text, includes=(header,)))
    assert of(found, "slang") == [("inc/d.svh", 3, 18)]
    marked, project = (
        text.replace('`include "d.svh"', "<>"),
        ProjectView(ROOT, "m.sv", (), (header,), ("inc",)),
    )
    (verdict,) = ask(gate, marked, '`include "d.svh"', view=project)
    assert {(file, line) for file, line, _ in of(verdict.diagnostics, "slang")} == {("inc/d.svh", 3)}
    for tool in ("slang", "icarus"):
        assert {file for file, _, _ in of((*found, *verdict.diagnostics), tool)} <= {"inc/d.svh"}


def test_another_file_is_named(gate: Gate) -> None:
    sub = SourceFile.of("s.sv", "module s(input a, output y);\n  assign y = a;\n  wire w = nix;\nendmodule\n")
    (verdict,) = ask(
        gate, f"{TOP}  <>\nendmodule\n", "s u(.a(clk), .y(q[0]));", view=ProjectView(ROOT, "m.sv", (sub,))
    )
    assert of(verdict.diagnostics, "slang") == [("s.sv", 3, 12)]
    assert all(file == "s.sv" for file, _, _ in of(verdict.diagnostics, "icarus"))
    user = f"{TOP}  s u(.a(clk), .y(q[0]));\nendmodule\n"
    found = whole(gate, "m.sv", user, view("m.sv", user, sub))
    undriven = [d for d in found if d.tool == "yosys" and "no driver" in d.message]
    assert {(d.file, d.line) for d in undriven} <= {("m.sv", 1), ("s.sv", 3)}


def test_macros_of_another_file_shift_nothing(gate: Gate) -> None:
    macros = SourceFile.of("defs.sv", "`define W 4\n`define X 3\n")
    text = f"{TOP}  wire [`W-1:0] t = no_such_name[`X:0];\nendmodule\n"
    found = whole(gate, "m.sv", text, view("m.sv", text, macros))
    assert of(found, "slang") == [("m.sv", 2, 21)]
    assert {each for each in of(found, "icarus") if each[2]} <= {("m.sv", 2, 21)}


def _told(message: str, line: int, text: str) -> tuple[int, int]:
    stage = StageResult("icarus", Status.FAIL, 0.0, (Diagnostic(Severity.ERROR, line, 0, message, "icarus"),))
    (found,) = placed(stage, lambda file: text if file is None else None).diagnostics
    return found.line, found.column


@pytest.mark.parametrize(
    ("message", "line", "text", "expected"),
    [
        ("Unable to bind wire/reg/memory `b' in `m'", 1, "assign y = b;", (1, 12)),
        ("Unable to bind wire/reg/memory `b' in `m'", 1, "assign y = b + b;", (1, 0)),
        ("Unable to bind wire/reg/memory `b' in `m'", 1, "assign /* b */ y = b; // b", (1, 20)),
        ("Unable to bind wire/reg/memory `u.b' in `m'", 1, "assign y = u.b;", (1, 14)),
        ("Unable to bind wire/reg/memory `b' in `m'", 9, "assign y = b;", (9, 0)),
        ("can not select part of scalar: clk", 1, "/*😀*/ x = clk[1];", (1, 12)),
        ("Wire m.y is used but has no driver.", 0, "module n(y); endmodule\nmodule m(y); endmodule", (2, 10)),
        ("Wire m.z is used but has no driver.", 0, "module m(output y); endmodule", (0, 0)),
        ("found logic loop in module m", 0, "module n; endmodule module m; endmodule", (1, 28)),
        ("something else", 0, "module m; endmodule", (0, 0)),
        ("something else", 1, "assign y = `A;", (1, 12)),
    ],
)  # fmt: skip
def test_a_place_is_found_or_left_open(message: str, line: int, text: str, expected: tuple[int, int]) -> None:
    assert _told(message, line, text) == expected


@given(st.text(max_size=80), st.integers(0, 9), st.text(max_size=200))
def test_no_text_upsets_it(message: str, line: int, text: str) -> None:
    found = _told(message, line, text)
    assert found[0] >= 0 and found[1] >= 0


@given(st.text("ab_ \t/*é😀\r", max_size=40), st.sampled_from(["\n", "\r\n"]), st.integers(0, 4))
def test_the_column_is_the_editors(before: str, newline: str, lines: int) -> None:
    """The name occurs once: its column counts UTF-16 code units from its line's beginning."""
    if "/" in before:
        before = ""
    text = newline * lines + before + " zz ;" + newline
    line, column = _told("Unable to bind wire/reg/memory `zz' in `m'", lines + 1, text)
    assert line == lines + 1
    assert column == len((before + " ").encode("utf-16-le")) // 2 + 1


@pytest.mark.parametrize(
    "text", ["module m;\n  wire ;\nendmodule\n", "module m;\n  logic t;\n  wire ;\nendmodule\n"]
)
def test_a_verilog_file_that_is_tried_in_both_languages(gate: Gate, text: str) -> None:
    found = whole(gate, "m.v", text, view("m.v", text))
    assert ("m.v", text.count("\n") - 1, 8) in of(found, "slang")
    assert any(d.severity is Severity.ERROR for d in found)
