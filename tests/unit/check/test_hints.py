# ruff: noqa: E501 - a table
"""Each common message, provoked through the tool that says it: its sentence, and where it points."""

from __future__ import annotations

import pytest
from gate_asking import ROOT

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.hints import HINTS
from rtlwright.server.check.icarus.find import chosen
from rtlwright.server.check.messages import hint
from rtlwright.server.types import Cancel, Diagnostic, Document, ProjectView, SourceFile

HEAD = "module m(input clk, input [3:0] a, output reg [3:0] q);\n"
CASES = [
    # slang: syntax
    ("slang", "always @(posedge clk) begin q <= a;«\nendmodule", "Something is not closed: end is missing"),
    ("slang", "«end\nendmodule", "This end closes nothing"),
    ("slang", "always @(posedge clk) q <= «;\nendmodule", "An operand is missing here."),
    ("slang", "always @(posedge clk) q <= a«\nendmodule", "A semicolon is missing before this."),
    ("slang", "wire«;\nendmodule", "This reads as a declaration without a name"),
    ("slang", "reg [3:0« t;\nendmodule", "A ] is missing before this."),
    ("slang", "wire [3:0] t = 4'b«2;\nendmodule", "The digit before this does not fit the base of the number, which is binary."),
    ("slang", "wire [3:0] t = 4'h«;\nendmodule", "A number needs digits after its base"),
    ("slang", "assign«;\nendmodule", "After assign comes target = value; the = is missing."),
    ("slang", "«alway @(posedge clk) q <= a;\nendmodule", "alway is no keyword; is always meant?"),
    ("slang", "initial «a + 1;\nendmodule", "A value alone does nothing: is an = or <= missing?"),
    ("slang", "wire t = («a = 3);\nendmodule", "One assignment cannot hold another"),
    ("slang", "«else q = 1;\nendmodule", "Nothing that may stand in a module begins like this"),
    ("slang", "initial begin «case (a) endcase end\nendmodule", "A case item is a value, a colon and a statement"),
    ("slang", "assign q = a;\nendmodule\n«assign b = 1;", "This has to stand inside of a module"),
    ("slang", "always @* begin q = a; «integer i; end\nendmodule", "Declarations come first in a block"),
    ("slang", "«output x;\nendmodule", "The header declares the ports already"),
    # slang: names
    ("slang", "always @* q = «bcd;\nendmodule", "Nothing declares bcd: declare it, or check its spelling."),
    ("slang", "wire ready; always @* q = «redy;\nendmodule", "Nothing declares redy; is ready meant?"),
    ("slang", "assign q = «`W;\nendmodule", "No `define of W is in sight."),
    ("slang", "`include «\"none.vh\"\nendmodule", "The file none.vh is not in the project's include directories"),
    ("slang", "«sub u(.a(a));\nendmodule", "No file of the project defines sub; it is taken as a black box."),
    ("slang", "wire t; wire «t;\nendmodule", "t is declared above already"),
    ("slang", "wire [3:0] t; always @* «t = a;\nendmodule", "A wire cannot be assigned in a procedure"),
    ("slang", "s u(.a(clk), .«z(a));\nendmodule\nmodule s(input a); endmodule", "The module has no port z"),
    ("slang", "localparam X = 1; initial X «= 2;\nendmodule", "X is a constant: assign a variable instead."),
    ("slang", "function f; input x; f = x; endfunction wire y = «f(1, 2);\nendmodule", "The call has more arguments"),
    # slang: widths and constants
    ("slang", "wire [«clk:0] t;\nendmodule", "clk can change while the design runs"),
    ("slang", "reg [«4] t;\nendmodule", "A width is written [high:low]"),
    ("slang", "reg t [«0];\nendmodule", "The size is zero or less"),
    ("slang", "parameter «P;\nendmodule", "A parameter needs a value"),
    ("slang", "reg [3:0] mem [0:3]; always @* q «= mem;\nendmodule", "The two sides have different types"),
    # Icarus
    ("icarus", "always @* q = «bcd;\nendmodule", "Nothing declares bcd: declare it, or check its spelling."),
    ("icarus", "always @* «bcd = a;\nendmodule", "Nothing that can be assigned is called bcd"),
    ("icarus", "always @* begin q = a; «foo(q); end\nendmodule", "No task is called foo"),
    ("icarus", "wire y = «g(1);\nendmodule", "No function is called g"),
    ("icarus", "assign «q = a;\nendmodule", "q is a reg, which only procedures assign"),
    ("icarus", "wire [3:0] t; always @* «t = a;\nendmodule", "t is assigned in a procedure but declared as a wire: declare it reg or logic."),
    ("icarus", "wire [3:0] t; assign «t[5] = clk;\nendmodule", "t has no such bit"),
    ("icarus", "wire t = «clk[3:0];\nendmodule", "clk has one bit"),
    ("icarus", "s u(.a(clk), .«z(a));\nendmodule\nmodule s(input a); endmodule", "The module has no port z"),
    ("icarus", "wire tt;\n  wire «tt;\nendmodule", "tt is declared above already"),
    ("icarus", "always q = «a;\nendmodule", "This always block never waits"),
    ("icarus", "reg t [«0];\nendmodule", "The size is zero or less"),
    ("icarus", "wire [«clk:0] t;\nendmodule", "clk can change while the design runs"),
    # Yosys
    ("yosys", "reg «r; always @* if (clk) r = a[0]; always @* q = r;\nendmodule", "r keeps its value on some path, which is a latch"),
    ("yosys", "wire «u; always @* q = u;\nendmodule", "Nothing drives u, which reads as unknown"),
    ("yosys", "wire t; assign t = clk; assign t = a[0]; always @* q = t;\nendmodule", "The signal a is driven from more than one place"),
    ("yosys", "assign q[0] = a[0];\nendmodule\nmodule «n(input clk, output q); wire t; assign t = ~t & clk; assign q = t;\nendmodule", "A signal depends on itself without a register in between."),
    ("yosys", "always @(posedge clk or a) q <= «a[0];\nendmodule", "A flip-flop has one clock edge"),
    ("yosys", "always @* q = «2'd9;\nendmodule", "The number needs 4 bits and has 2"),
    ("yosys", "always @* q = «clk[3:0];\nendmodule", "clk has no such bit"),
]  # fmt: skip
"""Tool, the body of a module with `«` where the message points (else in the header), how its sentence begins."""


def whole(gate: Gate, text: str) -> tuple[Diagnostic, ...]:
    document, view = Document.of(ROOT / "m.v", text), ProjectView(ROOT, "m.v", (SourceFile.of("m.v", text),))
    return gate.check_files(
        [document], view, top=None, testbench=None, timeout_s=30.0, cancel=Cancel()
    ).verdict.diagnostics


@pytest.mark.parametrize(("tool", "body", "says"), CASES, ids=[f"{c[0]} {c[1][:40]!r}" for c in CASES])
def test_each_common_message_has_its_sentence_and_place(gate: Gate, tool: str, body: str, says: str) -> None:
    if tool == "icarus" and chosen() is None:
        pytest.skip("Icarus Verilog is not installed")
    text = f"{HEAD}  {body}\n"
    before = text[: text.index("«")] if "«" in text else "module m(input clk, input [3:0] "
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    found = [each for each in whole(gate, text.replace("«", "")) if each.tool == tool]
    told = [each for each in found if (each.hint or "").startswith(says)]
    assert told, found
    assert line in [each.line for each in told], told
    places = [each.column for each in told if each.line == line]
    assert column in places or (tool != "slang" and 0 in places), (column, told)


def test_there_are_enough_of_them() -> None:
    assert len({(tool, says) for tool, _, says in CASES}) >= 50
    assert len(HINTS) >= 60


def test_an_end_too_many_is_no_end_that_is_missing() -> None:
    assert (hint("unexpected 'end' delimiter") or "").startswith("This end closes nothing")
    assert (hint("expected 'end'") or "").startswith("Something is not closed")
    assert hint("something that no tool says") is None
