"""Yosys reads the part of a file that matters, and says of a candidate what it would say of the whole."""

from __future__ import annotations

import pytest
from gate_asking import ask, stage
from pyslang import syntax

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.yosys.part import Part, part, without
from rtlwright.server.types import Status

FILLER = "".join(
    f"  always @(posedge clk) begin\n    if (a[{n % 4}]) far_{n} <= far_{n} + far_{n + 1};  // not for us\n"
    f"    else far_{n} <= 8'd{n};\n  end\n  assign near_{n} = far_{n} ^ {{far_{n + 1}}};\n"
    for n in range(40)
)
DECLARED = "".join(f"  reg [7:0] far_{n};\n  wire [7:0] near_{n};\n" for n in range(41))
TEXT = f"""module m(input clk, input [3:0] a, output y, output reg q, output z);
  wire b, c, d, e, unset;
{DECLARED}
  assign b = a[0] & c;
  assign d = e;
  assign e = a[1] ? b : a[2];
  assign z = near_3[0];
{FILLER}
  always @(posedge clk) q <= b;
<>
endmodule
"""


def left(candidate: str, text: str = TEXT) -> Part | None:
    before, after = text.split("<>")
    whole = before + candidate + after
    return part(syntax.SyntaxTree.fromText(whole), whole, len(before), len(before) + len(candidate))


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        ("  assign y = a[0];", ""),
        ("  assign y = d & near_7[0];", ""),
        ("  assign c = a[3];\n  assign y = q;", ""),
        ("  assign b = a[1];", "multiple conflicting drivers"),
        ("  assign d = a[3];", "multiple conflicting drivers"),  # d is e, and e has its driver far away
        ("  always @(posedge clk) q <= a[2];", "multiple conflicting drivers"),
        ("  assign c = d;", "logic loop"),  # c -> b -> e -> d
        ("  wire t = c;\n  assign c = t | e;", "logic loop"),
        ("  assign y = unset;", "no driver"),
        ("  reg t;\n  always @* if (a[0]) t = a[1];\n  assign y = t;", "Latch inferred"),
        ("  always @(posedge clk) far_3 <= 0;", "multiple conflicting drivers"),
    ],
)
def test_it_says_the_same_as_of_the_whole(gate: Gate, candidate: str, said: str) -> None:
    found = left(candidate)
    assert found is not None and len(found.text) < 0.7 * len(TEXT)
    verdict = stage(ask(gate, TEXT, candidate)[0], "yosys")
    messages = [diagnostic.message for diagnostic in verdict.diagnostics]
    assert verdict.status is (Status.WARN if said else Status.PASS), messages
    assert all(said in message for message in messages)


def test_a_latch_far_away_is_not_the_candidates(gate: Gate) -> None:
    text = TEXT.replace("<>", "  reg u;\n  always @* if (a[3]) u = a[2];\n<>")
    assert stage(ask(gate, text, "  assign y = a[0];")[0], "yosys").status is Status.PASS
    verdict = stage(ask(gate, text, "  assign y = u;\n  reg v;\n  always @* if (a[0]) v = u;")[0], "yosys")
    assert [d.message for d in verdict.diagnostics] == ["Latch inferred for signal 'm.v'"]


def test_lines_stay_where_they_are() -> None:
    found = left("  assign y = b;")
    assert found is not None
    lines, whole = found.text.split("\n"), TEXT.replace("<>", "  assign y = b;").split("\n")
    assert len(lines) == len(whole)


def test_of_the_text_without_the_candidate_the_same_goes() -> None:
    found = left("  assign y = b;")
    assert found is not None
    base = TEXT.replace("<>", "")
    rest = without(syntax.SyntaxTree.fromText(base), base, found.dropped)
    assert rest.split() == found.text.replace("assign y = b;", "", 1).split()


@pytest.mark.parametrize(
    "candidate",
    [
        "  other u_other(.*);", "  assign y = `SOMETHING;", "  localparam P = 1;",
        "  generate if (1) assign y = b; endgenerate", "  assign \\y = b;",
    ],
)  # fmt: skip
def test_where_names_may_be_hidden_the_whole_is_read(candidate: str) -> None:
    assert left(candidate) is None


def test_a_task_may_drive_whatever_its_block_mentions() -> None:
    text = TEXT.replace("<>", "  always @(posedge clk) set(b, far_9);\n<>")
    found = left("  assign c = far_9[0];", text)
    assert found is not None and "set(b, far_9)" in found.text


def test_cases_and_choices_are_no_calls() -> None:
    choices = "4'b1??0: far_9 <= b ? far_1 : far_2; 4'd3, 4'd4: far_9 <= c;"
    block = f"  always @(posedge clk) case (a) {choices} endcase\n"
    found = left("  assign c = far_1[0];", TEXT.replace("<>", f"{block}<>"))
    assert found is not None and "4'b1??0" not in found.text


def test_a_small_file_is_read_whole() -> None:
    text = "module m(input a, output y);\n<>\nendmodule\n"
    assert left("  assign y = a;", text) is None
