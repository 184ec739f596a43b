"""Whole modules and whole files: absolute errors, testbenches, and who agrees with whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from gate_asking import ROOT, stage
from unfinished.corpus import DESIGNS, read

from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.behaviour.simulate import Result, judge, speaks
from rtlwright.server.check.confine.runner import Child, Ended
from rtlwright.server.check.gate import Gate
from rtlwright.server.check.slang.ports import Port
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Document, Language, ProjectView, SourceFile, Status, Verdict

GOOD = """module top_module(input clk, input rst, input [3:0] d, output reg [3:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= d + 1;
endmodule
"""
SAME = GOOD.replace("d + 1", "1 + d")
OTHER = GOOD.replace("d + 1", "d - 1")
BENCH = """module tb; reg clk = 0, rst = 1; reg [3:0] d = 3; wire [3:0] q; integer wrong = 0;
  top_module u(clk, rst, d, q); always #5 clk = ~clk;
  initial begin #20 rst = 0; #20 if (q !== 4) wrong = wrong + 1;
    $display("Mismatches: %0d in %0d samples", wrong, 1); $finish; end
endmodule
"""
VIEW = ProjectView(ROOT, "m.sv")


def check(gate: Gate, *texts: str, testbench: str | None = None):
    return gate.check_modules(
        texts, VIEW, Language.SYSTEMVERILOG, testbench=testbench, deadline_s=60, cancel=Cancel()
    )


def test_modules_that_behave_alike_are_found(gate: Gate) -> None:
    found = check(gate, GOOD, OTHER, SAME, GOOD.replace("endmodule", ""), "no module at all")
    assert [v.status for v in found.verdicts] == [
        Status.PASS,
        Status.PASS,
        Status.PASS,
        Status.FAIL,
        Status.FAIL,
    ]
    assert found.groups == ((0, 2), (1,)) and found.agreement == "2 of 5 agree"
    assert found.shares == (0.4, 0.2, 0.4, 0.0, 0.0) and found.ranked == (0, 2, 1, 3, 4)


def test_modules_run_under_the_users_testbench(gate: Gate) -> None:
    found = check(gate, GOOD, OTHER, testbench=BENCH)
    assert [v.status for v in found.verdicts] == [Status.PASS, Status.FAIL]
    assert "1 mismatches in 1 samples" in found.verdicts[1].reasons[0]


def test_files_are_judged_absolutely_and_each_for_itself(gate: Gate) -> None:
    good = Document.of(ROOT / "good.v", "module good(input a, output y); assign y = a; endmodule\n")
    bad = Document.of(ROOT / "bad.v", "module bad(input a, output y);\n  assign y = nope;\nendmodule\n")
    report = gate.check_files([good, bad], VIEW, top=None, testbench=None, timeout_s=20, cancel=Cancel())
    assert report.verdict.status is Status.FAIL and report.files == ("good.v", "bad.v")
    assert report.by_file["good.v"].status is Status.PASS and report.by_file["bad.v"].status is Status.FAIL
    (found,) = [d for d in report.by_file["bad.v"].diagnostics if d.tool == "slang"]
    assert (found.line, found.column, found.file) == (2, 14, None)


def judged(gate: Gate, text: str, name: str = "file.v") -> Verdict:
    document = Document.of(ROOT / name, text)
    return gate.check_files([document], VIEW, top=None, testbench=None, timeout_s=20, cancel=Cancel()).verdict


def test_systemverilog_in_a_verilog_file_is_warned_of(gate: Gate) -> None:
    """Many flows read every file as SystemVerilog; a Verilog file with names such as `bit` stays one."""
    verdict = judged(
        gate, "module m(input a, output y);\n  always @* assert (a);\n  assign y = a;\nendmodule"
    )
    assert verdict.status is Status.WARN and "SystemVerilog in a Verilog file" in verdict.reasons[0]
    old = "module m(input bit, output do);\n  assign do = bit;\nendmodule"
    assert judged(gate, old).status is Status.PASS


def test_a_simulators_own_task_is_warned_of(gate: Gate) -> None:
    verdict = judged(gate, 'module tb;\n  initial $fsdbDumpfile("a.fsdb");\nendmodule')
    assert verdict.status is Status.WARN and "$fsdbDumpfile" in verdict.reasons[0]


def test_an_unknown_module_may_drive_what_it_is_connected_to(gate: Gate) -> None:
    text = "module m(input c, output q);\n  wire w;\n  {} u(.in(c), .out(w));\n  assign q = w;\nendmodule\n"
    said = [d.message for d in judged(gate, text.format("VENDOR_PLL")).diagnostics]
    assert len(said) == 1 and "unknown module" in said[0], said
    known = text.format("buffer").replace(".out(w)", ".out()")
    known += "module buffer(input in, output out);\n  assign out = in;\nendmodule\n"
    assert any("no driver" in d.message for d in judged(gate, known).diagnostics)


def test_a_files_own_errors_come_before_those_of_what_it_uses(gate: Gate) -> None:
    """Only the first 200 are passed on."""
    broken = "".join(f"  assign y[{n}] = nowhere{n};\n" for n in range(250))
    sub = SourceFile.of("sub.sv", f"module sub(output [255:0] y);\n{broken}endmodule\n")
    view = ProjectView(ROOT, "m.sv", (sub,))
    top = Document.of(
        ROOT / "m.sv", "module m(output [255:0] y);\n  sub u(.y(y));\n  wire a = here;\nendmodule\n"
    )
    report = gate.check_files([top], view, top=None, testbench=None, timeout_s=20, cancel=Cancel())
    assert "'here'" in report.by_file["m.sv"].reasons[0]


def test_an_enumeration_may_be_chosen_by_a_condition(gate: Gate) -> None:
    """The next state of every other state machine; Icarus 12 and 13 want a cast for it."""
    text = "module m(input clk, go, output y);\n  typedef enum logic [1:0] {IDLE, BUSY} state_t;\n"
    text += "  state_t state, next;\n  always_comb\n    case (state)\n      IDLE: next = go ? BUSY : IDLE;\n"
    text += "      default: next = go ? state : IDLE;\n    endcase\n"
    text += "  always_ff @(posedge clk) state <= next;\n  assign y = state == BUSY;\nendmodule\n"
    assert stage(judged(gate, text, "m.sv"), "icarus").status is Status.PASS
    wrong = judged(gate, text.replace("go ? BUSY", "go ? 2'd1"), "m.sv")
    assert wrong.status is Status.FAIL and "no implicit conversion" in wrong.reasons[0]
    broken = judged(gate, text.replace("assign y = ", "assign y = none + "), "m.sv")
    assert stage(broken, "icarus").status is Status.FAIL


def test_what_a_value_makes_wrong_counts_only_where_something_is_elaborated(gate: Gate) -> None:
    """Libraries declare parameters without a default, and instantiate these in a branch never taken."""
    abstract = "module m #(parameter w, parameter s = 0)(input [w-1:0] a, output [w-1:0] y);\n"
    abstract += (
        "  for (genvar j = 0; j < w; j = j + s) begin : g\n    assign y[j] = a[j];\n  end\nendmodule\n"
    )
    dead = f"{abstract}module top;\n  if (0) begin : never\n    m u();\n  end\nendmodule\n"
    assert stage(judged(gate, dead, "m.sv"), "syntax").status is Status.PASS
    taken = judged(gate, dead.replace("if (0)", "if (1)"), "m.sv")
    assert "does not provide a value for parameter 'w'" in taken.reasons[0]


@pytest.mark.parametrize(("yosys", "status"), [("warn", Status.WARN), ("fail", Status.UNCHECKED)])
def test_a_yosys_that_does_not_end_is_a_warning_where_it_only_warns(yosys: str, status: Status) -> None:
    """It may take minutes on a large design that the others have passed."""
    loop = "  always @* begin\n    y = 0;\n    for (i = 0; i < 1000000000; i = i + 1) y = y ^ a;\n  end\n"
    gate = Gate(CheckConfig(timeout_s=3, yosys=yosys))  # type: ignore[arg-type]
    try:
        verdict = judged(gate, f"module m(input a, output reg y);\n  integer i;\n{loop}endmodule\n")
        found = stage(verdict, "yosys")
        assert found.status is verdict.status is status
        assert "without its end marker" in str(found.reason)
    finally:
        gate.close()


@pytest.mark.parametrize("design", sorted(DESIGNS.iterdir()), ids=lambda path: path.name)
def test_finished_designs_pass(gate: Gate, design: Path) -> None:
    document = Document.of(ROOT / design.name, read(design))
    report = gate.check_files([document], VIEW, top=None, testbench=None, timeout_s=20, cancel=Cancel())
    assert report.verdict.status in (Status.PASS, Status.WARN), report.verdict


def test_a_file_with_its_testbench(gate: Gate) -> None:
    document = Document.of(ROOT / "timer_tb.v", read(DESIGNS / "timer_tb.v"))
    report = gate.check_files([document], VIEW, top=None, testbench=document, timeout_s=20, cancel=Cancel())
    assert stage(report.verdict, "behaviour").status is Status.PASS
    broken = Document.of(document.path, document.text.replace("count == limit)", "count == 8'd200)"))
    report = gate.check_files([broken], VIEW, top=None, testbench=broken, timeout_s=20, cancel=Cancel())
    assert stage(report.verdict, "behaviour").status is Status.FAIL


def test_without_a_sandbox_nothing_runs() -> None:
    gate = Gate(CheckConfig(sandbox="off"))
    try:
        (verdict,) = check(gate, GOOD).verdicts
        assert stage(verdict, "behaviour").status is Status.SKIPPED
        assert not gate.status().simulation and "off" in gate.status().sandbox
    finally:
        gate.close()


@pytest.mark.parametrize(
    ("output", "status", "result"),
    [
        ("Mismatches: 0 in 100 samples\n", 0, Result.PASSED),
        ("Mismatches: 3 in 100 samples\n", 0, Result.FAILED),
        ("Mismatches: 0 in 0 samples\n", 0, Result.FAILED),
        ("PASS\n", 0, Result.PASSED),
        ("all good, 0 errors\n", 0, Result.PASSED),
        ("test 3 FAILED\n", 0, Result.FAILED),
        ("ERROR: x\n", 0, Result.FAILED),
        ("PASS\n", 1, Result.FAILED),
    ],
)
def test_words_of_testbenches(output: str, status: int, result: Result) -> None:
    said = f"{output}\n0123abcd\n".encode()
    child = Child("vvp", 0, -1, 0.0, bytearray(said), Ended.EXITED, status)
    assert judge(child, "0123abcd", checks=False).result is result


@pytest.mark.parametrize("said", ["PASS\n", "Mismatches: 0 in 100 samples\n\n0123", "\n0123abce\n", ""])
def test_words_without_the_end_mark_prove_nothing(said: str) -> None:
    child = Child("vvp", 0, -1, 0.0, bytearray(said.encode()), Ended.EXITED, 0)
    assert judge(child, "0123abcd", checks=False).result is Result.UNKNOWN


def test_what_a_testbench_says_last_of_all_counts() -> None:
    said = bytearray(b"PASS\n\n0123abcd\nFAILED after all\n")
    assert (
        judge(Child("vvp", 0, -1, 0.0, said, Ended.EXITED, 0), "0123abcd", checks=False).result
        is Result.FAILED
    )


def test_modules_that_speak() -> None:
    assert speaks("initial $display(1);") == "$display" and speaks("`define D $finish") == "$finish"
    assert speaks("assign y = $signed(a) + $clog2(8);") is None


def test_clocks_and_resets_by_name() -> None:
    names = (
        "clk",
        "i_clk",
        "sys_clock",
        "rst",
        "rst_n",
        "aresetn",
        "i_rst_ni",
        "reset",
        "block",
        "burst",
        "d",
    )
    roles = Roles.of([Port(name, "in", 1) for name in names])
    assert roles.clocks == ("clk", "i_clk", "sys_clock")
    assert dict(roles.resets) == {
        "rst": True,
        "rst_n": False,
        "aresetn": False,
        "i_rst_ni": False,
        "reset": True,
    }
