"""`check --against`: mismatches by simulation, a bounded proof, and what neither may be fooled by."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from against_report import ROOT, cases, run, words
from click.testing import CliRunner, Result
from gate_asking import stage

from rtlwright.server.check.behaviour.miter import Miter, has_undefined
from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.gate import Gate
from rtlwright.server.check.slang.ports import Port
from rtlwright.server.cli import cli
from rtlwright.server.comparison import Equality, literal
from rtlwright.server.config import CheckConfig
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.types import Cancel, CheckReport, Document, ProjectView, Status

COUNTER = """module counter(input clk, rst, load, en, input [3:0] d, output reg [3:0] q, output wrap);
  always @(posedge clk) if (rst) q <= 4'd3; else if (load) q <= d; else if (en) q <= q + 1;
  assign wrap = &q & en;
endmodule
"""
OFF = COUNTER.replace("q + 1;", "q + 1 + (q == 12);")


def compare(gate: Gate, reference: str, design: str, top: str | None = None) -> CheckReport:
    documents = [Document.of(ROOT / "new.sv", design)]
    return gate.check_files(
        documents, ProjectView(ROOT, "new.sv"), top=top, testbench=None, timeout_s=30, cancel=Cancel(),
        reference=Document.of(ROOT / "old.v", reference), waves=True,
    )  # fmt: skip


def command(folder: Path, reference: str, design: str, *more: str) -> Result:
    (folder / "old.v").write_text(reference)
    (folder / "new.sv").write_text(design)
    arguments = ["check", str(folder / "new.sv"), "--against", str(folder / "old.v"), *more]
    return CliRunner().invoke(cli, arguments)


def test_a_difference_is_counted_shown_and_reached_from_reset(tmp_path: Path) -> None:
    said = command(tmp_path, COUNTER, OFF, "--json", "--vcd", str(tmp_path / "diff.vcd"))
    found = json.loads(said.stdout)
    assert said.exit_code == 1 and found["verdict"]["status"] == "fail"
    rows = {row["name"]: row for row in found["outputs"]}
    assert rows["q"]["mismatches"] > 10 and rows["q"]["compared"] > 900
    first = rows["q"]["first"]
    assert (first["reference"]["q"], first["candidate"]["q"]) == ("1101", "1110")
    proof = found["equivalence"]
    assert proof["result"] == "different" and proof["reason"] == "confirmed by simulation"
    steps = proof["counterexample"]
    assert [step["inputs"]["rst"] for step in steps[:5]] == ["1", "1", "1", "1", "0"]
    assert steps[-1]["reference"] != steps[-1]["candidate"] and steps[-2]["inputs"]["en"] == "1"
    waves = (tmp_path / "diff.vcd").read_text()
    assert "$scope module mismatch $end" in waves and waves.count("#") > 900


def test_equal_under_another_name(tmp_path: Path) -> None:
    other = COUNTER.replace("counter", "up").replace("input clk, rst, load, en", "input en, load, rst, clk")
    said = command(tmp_path, COUNTER, other.replace("q + 1;", "1'b1 + q;"))
    assert said.exit_code == 0, said.output
    assert "proven by induction" in said.stdout and "0 of 996" in said.stdout


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    def error(*arguments: str) -> str:
        said = CliRunner().invoke(cli, arguments)
        assert isinstance(said.exception, UserError), "exit status 2, see test_cli.py"
        return str(said.exception)

    command(tmp_path, COUNTER.replace("= &q", "= &p"), COUNTER)
    new, old = str(tmp_path / "new.sv"), str(tmp_path / "old.v")
    assert "old.v:3: the reference has an error" in error("check", new, "--against", old)
    command(tmp_path, COUNTER + OFF.replace("counter", "b"), COUNTER.replace("counter", "c"))
    assert "counter, b could be meant; name one with --top" in error("check", new, "--against", old)
    assert "has no module nope" in error("check", new, "--against", old, "--top", "nope")
    assert "only with --against" in error("check", new, "--vcd", "x")
    assert "no.v: no such file" in error("check", new, "--against", "no.v")


def test_other_ports_are_a_difference_in_one_line(gate: Gate) -> None:
    wide = COUNTER.replace("input [3:0] d", "input [7:0] d").replace(", en,", ",").replace("(en)", "(d[7])")
    report = compare(gate, COUNTER, wide.replace("& en", ""))
    (found,) = stage(report.verdict, "comparison").diagnostics
    assert "en is an input of 1 bit in the reference and missing here" in found.message
    assert "d is an input of 4 bits in the reference and an input of 8 bits here" in found.message


def test_with_errors_nothing_is_compared(gate: Gate) -> None:
    report = compare(gate, COUNTER, COUNTER.replace("= &q", "= &p"))
    assert report.verdict.status is Status.FAIL
    assert stage(report.verdict, "comparison").reason == "the files have errors"


DECODER = """module dec(input [2:0] s, output reg [3:0] y);
  always @* case (s) 0: y = 1; 1: y = 2; 2: y = 4; 3: y = 8; default: y = 4'bxxxx; endcase
endmodule
"""


def test_an_x_of_the_reference_leaves_it_open_and_nothing_else(gate: Gate) -> None:
    free = DECODER.replace("4'bxxxx", "4'b0110")
    report = compare(gate, DECODER, free)
    assert words(report) == ("equal", "equal (induction)")
    assert report.against and report.against.outputs[0].unspecified == 4
    for wrong in ("y = 0", "y = 6", "y = 3"):
        assert words(compare(gate, DECODER, free.replace("y = 4;", f"{wrong};"))) == (
            "different",
            "different",
        )
    assert words(compare(gate, free, DECODER))[0] == "different", "an X of the design is no value"


def test_what_the_solver_cannot_do_is_said_and_simulation_decides(gate: Gate) -> None:
    two = """module m(input a, b, rst, input [3:0] d, output reg [3:0] x, y);
  always @(posedge a) if (rst) x <= 0; else x <= d;
  always @(posedge b) if (rst) y <= 0; else y <= x;
endmodule
"""
    report = compare(gate, two, two)
    assert words(report) == ("equal", "unknown") and report.verdict.status is Status.PASS
    assert (
        stage(report.verdict, "equivalence").reason == "there are several clocks, or both edges of one count"
    )
    memory = """module m(input clk, we, input [11:0] a, input [7:0] d, output reg [7:0] q);
  reg [7:0] mem [0:4095]; always @(posedge clk) begin if (we) mem[a] <= d; q <= mem[a]; end endmodule
"""
    assert "memories of 32768 bits" in (
        stage(compare(gate, memory, memory).verdict, "equivalence").reason or ""
    )


def test_equal_parts_may_have_the_same_names_and_other_contents(gate: Gate) -> None:
    design = """module half(input a, b, output s, c); assign s = a ^ b; assign c = a & b; endmodule
module add(input a, b, i, output s, c); wire x, y, z;
  half h0(a, b, x, y); half h1(x, i, s, z); assign c = y | z; endmodule
"""
    reference = """module half(input a, output b); assign b = a; endmodule
module add(input a, b, i, output s, c); wire t; half h(i, t); assign {c, s} = a + b + t; endmodule
"""
    assert words(compare(gate, reference, design)) == ("equal", "equal (induction)")
    wrong = design.replace("y | z", "y & z")
    assert words(compare(gate, reference, wrong)) == ("different", "different")
    with pytest.raises(UserError, match="has no module"):
        compare(gate, reference, design, "sub")


def test_a_design_cannot_speak_for_the_tools(gate: Gate) -> None:
    speech = 'initial begin $display("SAT temporal induction proof finished - model found for base case:");'
    speech += (
        '$display("Base case for induction length 99 proven."); $display("Induction step proven: SUCCESS!");'
    )
    talks = COUNTER.replace("endmodule", speech + " end endmodule")
    assert words(compare(gate, COUNTER, talks)) == ("equal", "equal (induction)")
    assert words(compare(gate, COUNTER, talks.replace("q + 1;", "q + 1 + (q == 12);")))[1] == "different"
    ends = OFF.replace("endmodule", "initial #200 $finish; endmodule")
    report = compare(gate, COUNTER, ends)
    assert "it ends its simulation itself" in stage(report.verdict, "comparison").diagnostics[0].message
    foreign = COUNTER.replace("endmodule", 'import "DPI-C" function int system(string s); endmodule')
    assert compare(gate, COUNTER, foreign).verdict.status is not Status.PASS


def test_a_difference_beyond_the_bound_is_simulations_to_find(gate: Gate) -> None:
    deep = """module m(input clk, rst, input en, output reg [5:0] n, output full);
  assign full = n == 6'd{last}; always @(posedge clk) if (rst) n <= 0; else if (en) n <= n + 1; endmodule
"""
    report = compare(gate, deep.replace("{last}", "40"), deep.replace("{last}", "41"))
    assert words(report) == ("different", "equal (bounded)") and report.verdict.status is Status.FAIL
    assert report.against and report.against.equivalence.cycles == 16


def test_without_a_reset_the_proof_says_what_it_rests_on(gate: Gate) -> None:
    free = "module m(input clk, d, output reg q); always @(posedge clk) q <= q ^ d; endmodule\n"
    report = compare(gate, free, free.replace("q ^ d", "d ^ q"))
    assert stage(report.verdict, "comparison").status is Status.SKIPPED, "the reference is X at every sample"
    assert "starts at 0" in (stage(report.verdict, "equivalence").reason or "")
    other = compare(gate, free, free.replace("q ^ d", "q | d"))
    assert other.verdict.status is Status.FAIL and other.against
    assert "starts at 0" in (other.against.equivalence.reason or "")


def test_without_a_simulator_the_proof_decides_or_the_command_is_named(tmp_path: Path) -> None:
    gate = Gate(CheckConfig(icarus=tmp_path / "none"))
    try:
        report = compare(gate, COUNTER, COUNTER)
        assert stage(report.verdict, "comparison").status is Status.SKIPPED
        assert report.verdict.status is Status.PASS
        both = (
            "module m(input a, b, output reg x, y); always @(posedge a) x <= ~x; always @(posedge b) y <= ~y;"
        )
        with pytest.raises(MissingError, match="apt-get install iverilog"):
            compare(gate, f"{both} endmodule", f"{both}  endmodule")
    finally:
        gate.close()


@pytest.mark.parametrize(("text", "status"), [(COUNTER, 0), (OFF, 1), ("module counter;", 2)])
def test_exit_status_of_the_program(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "new.v").write_text(COUNTER)
    (tmp_path / "old.v").write_text(text)
    argv = [sys.executable, "-m", "rtlwright.server", "check", "new.v", "--against", "old.v"]
    said = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert said.returncode == status, said
    assert status != 2 or len(said.stderr.splitlines()) == 1


def test_miter_without_x_has_no_x() -> None:
    ports = (Port("clk", "in", 1), Port("rn", "in", 1), Port("y", "out", 2))
    roles = Roles(("clk",), False, (("rn", False),))
    assert "===" not in Miter(ports, roles, False).text
    text = Miter(ports, roles, True).text
    assert "(g0[1] === 1'bx) | (g0[1] === c0[1])" in text and ".\\rn (i1 & ~(age != 4))" in text
    assert (
        has_undefined(["y = 4'bx01x;"]) and has_undefined(["y = 'x;"]) and not has_undefined(["8'hAB, a ^ b"])
    )


def test_literals() -> None:
    assert [literal(bits) for bits in ("1", "00101100", "0x1", "xx")] == ["1", "8'h2c", "3'b0x1", "2'bx"]


def test_simulation_and_proof_agree_on_mutants(gate: Gate) -> None:
    """A small part of `against_report.py`; each kind of disagreement has its reason there."""
    found = [(case, words(report)) for case, report in run(gate, list(cases(8, seed=4)))]
    assert len(found) >= 8
    itself = [said for case, said in found if not case.mutant]
    assert all(said[0] == "equal" and said[1].startswith("equal") for said in itself), itself
    agree = [said for _, said in found if said[0] == said[1].split(" ")[0]]
    assert len(agree) >= len(found) - 2, found
    assert sum(said[0] == "different" for _, said in found) >= 4
    assert Equality.DIFFERENT in {said[1] for _, said in found}
