"""The measurement judges what it should, and runs from file to report on a tiny model."""

import doctest
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rtlwright.training import measure as module
from rtlwright.training.cli import quantize, train
from rtlwright.training.icarus import Judged, judge
from rtlwright.training.measure_report import wilson

ADDER = "module add(input [3:0] a, b, output [3:0] y); assign y = a + b; endmodule\n"
BENCH = """module tb;
  reg [3:0] a = 3, b = 4; wire [3:0] y; integer bad = 0;
  add dut(.a(a), .b(b), .y(y));
  initial begin #1 if (y !== 7) bad = 1; $display("Mismatches: %0d in 1 samples", bad); $finish; end
endmodule
"""


def test_modules_are_judged() -> None:
    assert judge(ADDER, BENCH) == Judged(True, True)
    assert judge(ADDER.replace("+", "-"), BENCH) == Judged(True, False)
    assert judge(ADDER.replace("assign", "assing"), BENCH) == Judged(False, False)
    assert judge(ADDER.replace("endmodule", 'initial $system("x"); endmodule'), BENCH).passes is False
    assert judge("", BENCH) == Judged(False, False)


def test_an_endless_simulation_is_a_failure() -> None:
    endless = BENCH.replace("#1 if", "forever #1; #1 if")
    assert judge(ADDER, endless, seconds=2.0) == Judged(True, False)


def test_the_documented_examples() -> None:
    assert doctest.testmod(module).failed == 0
    assert wilson(0.5, 100) == pytest.approx((0.404, 0.596), abs=1e-3)
    assert wilson(0.0, 0) == (0.0, 1.0)


def test_from_file_to_report(data: Path, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "tiny.gguf"
    assert CliRunner().invoke(quantize, [str(trained), "--to", "gguf", "--out", str(out)]).exit_code == 0
    arguments = ["measure", str(out), "--data", str(data), "--limit", "2", "--validation-percent", "5"]
    result = CliRunner().invoke(train, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["spec"].keys() == report["lines"].keys() == {"seen", "held_out"}
    assert report["lines"]["seen"]["lines"] == 4
    assert report["speed"]["tokens_per_second"] > 0 and report["size"] == out.stat().st_size


def test_bad_files_are_one_line(data: Path, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"no model")
    for file in (tmp_path / "none.gguf", tmp_path / "x.gguf"):
        result = CliRunner().invoke(train, ["measure", str(file), "--data", str(data)])
        assert result.exit_code == 2 and file.name in result.stderr and "\n" not in result.stderr.strip()
