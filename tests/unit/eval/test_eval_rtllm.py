"""RTLLM's layouts, with designs of our own."""

from pathlib import Path

import pytest

from rtlwright.eval.pool import Pool
from rtlwright.eval.prompts import Form
from rtlwright.eval.rtllm.harness import Rtllm, load_rtllm
from rtlwright.eval.score import Letter, Score
from rtlwright.server.errors import UserError

RIGHT = "module verified_inverter(input [3:0] a, output [3:0] y);\n  assign y = ~a;\nendmodule\n"
BENCH = """`timescale 1ns/1ps
module bench;
  reg [3:0] a;
  wire [3:0] y;
  reg [3:0] seen [0:3];
  integer i, error = 0;
  inverter dut (.a(a), .y(y));
  initial begin
    $readmemh("expected.txt", seen);
    for (i = 0; i < 4; i = i + 1) begin
      a = i;
      #5 if (y !== seen[i]) error = error + 1;
    end
    if (error == 0) $display("===========Your Design Passed===========");
    else $display("===========Failed===========");
    $finish;
  end
endmodule
"""


def write(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "design_description.txt").write_text("Please act as a designer.\n\nInvert a.\n")
    (folder / "testbench.v").write_bytes(BENCH.encode() + b"// \xb5s\n")
    (folder / "verified_inverter.v").write_text(RIGHT)
    (folder / "expected.txt").write_text("f\ne\nd\nc\n")
    (folder / "makefile").write_text("vcs:\n")
    return folder


def score(harness: Rtllm, text: str, pool: Pool) -> Score:
    problem = harness.problems[0]
    outcome = pool.submit(f"rtllm{id(harness)}{text}", lambda nonce: harness.job(problem, text, nonce))
    return harness.judge(problem, text, outcome.result())


def design(body: str) -> str:
    return f"module inverter(input [3:0] a, output [3:0] y);\n{body}\nendmodule\n"


@pytest.fixture
def harness(tmp_path: Path) -> Rtllm:
    write(tmp_path / "rtllm" / "inverter")
    return load_rtllm(tmp_path / "rtllm")


def test_versions_are_told_by_their_layout(tmp_path: Path) -> None:
    write(tmp_path / "old" / "inverter")
    (tmp_path / "old" / "_chatgpt4" / "t1").mkdir(parents=True)
    write(tmp_path / "new" / "Arithmetic" / "Other" / "inverter")
    old, new = load_rtllm(tmp_path / "old"), load_rtllm(tmp_path / "new")
    assert (old.name, new.name) == ("rtllm-v1.1", "rtllm-v2.0")
    assert new.problems[0].category == "Arithmetic"
    assert [file.name for file in new.problems[0].data] == ["expected.txt"]


def test_the_reference_takes_the_name_that_the_testbench_knows(harness: Rtllm, pool: Pool) -> None:
    reference = harness.problems[0].reference
    assert reference is not None and "module inverter(" in reference
    assert score(harness, reference, pool).passed


@pytest.mark.parametrize(
    ("body", "letter"),
    [
        ("  assign y = ~a;", "."),
        ("  assign y = a;", "R"),
        ("  assign y = ~a", "S"),
        ("  assign y = ~b;", "p"),
        ('  assign y = a;\n  initial $display("===========Your Design Passed===========");', "X"),
        ('  assign y = a;\n  initial begin $display("Passed"); $finish; end', "X"),
        ("  assign y = bench.seen[a];", "X"),
        ("  initial force bench.error = 0;", "X"),
    ],
)
def test_letters(harness: Rtllm, pool: Pool, body: str, letter: str) -> None:
    assert score(harness, design(body), pool).letter == letter


def test_the_time_limit_is_eight_seconds(harness: Rtllm) -> None:
    assert harness.job(harness.problems[0], "", "~").timeout_s == 8.0


def test_a_hang_is_a_timeout(harness: Rtllm, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtlwright.eval.rtllm.harness.TIMEOUT_S", 1.0)
    assert score(harness, design("  reg b = 0;\n  initial forever #0 b = ~b;"), pool).letter is Letter.TIMEOUT


def test_chat_answers_are_cut_to_the_design(harness: Rtllm) -> None:
    answer = f"Sure!\n```verilog\n{design('')}```\nThis inverts."
    assert harness.sample_text(harness.problems[0], answer, Form.CHAT) == design("")


def test_a_folder_without_designs_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="design_description"):
        load_rtllm(tmp_path)
