"""Verdicts and letters of every kind of ending, as the official harnesses give them (`mini.ANSWERS`)."""

from pathlib import Path

import pytest
from mini import ANSWERS, BODY, HEADER, Answer, always, score, write_v1, write_v2

from rtlwright.eval.harness import Harness
from rtlwright.eval.pool import Pool
from rtlwright.eval.score import Letter
from rtlwright.eval.verilogeval.v1 import load_v1
from rtlwright.eval.verilogeval.v2 import load_v2


def design(body: str) -> str:
    return HEADER.replace("NAME", "TopModule") + body


@pytest.mark.usefixtures("reference_icarus")
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_v2_letter(answer: Answer, mini_v2: Harness, pool: Pool) -> None:
    found = score(mini_v2, design(answer.body), pool)
    assert (found.letter, found.passed) == (answer.letter, answer.letter == "."), found


@pytest.mark.usefixtures("reference_icarus")
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_v1_result(answer: Answer, mini_v1: Harness, pool: Pool) -> None:
    found = score(mini_v1, answer.body, pool)
    assert (found.result, found.passed) == (answer.result, answer.result == "passed"), found
    if found.result == "failed: compile error.":
        assert found.letter in "e0nwmcpC"
    else:
        assert found.letter == answer.letter


def test_the_clock_that_is_missing_has_a_letter(tmp_path: Path, pool: Pool) -> None:
    harness = load_v2(write_v2(tmp_path / "dataset"))
    text = "module TopModule(input a, output b);\n  reg q;\n  always @(posedge clk) q <= a;\nendmodule\n"
    assert score(harness, text, pool).letter is Letter.CLOCK


def test_counts_and_outputs_are_read(mini_v1: Harness, pool: Pool) -> None:
    found = score(mini_v1, always("total <= total - step;"), pool)
    assert found.outputs == {"total": found.mismatches}
    assert found.total == 105


def test_a_failed_simulation_ends_early_with_the_same_verdict(tmp_path: Path, pool: Pool) -> None:
    file = write_v1(tmp_path / "VerilogEval_Long.jsonl", repeats=3000)
    wrong = always("total <= total - step;")
    short, full = score(load_v1(file, None), wrong, pool), score(load_v1(file, None, full=True), wrong, pool)
    assert short.partial and not full.partial
    assert (short.passed, short.letter) == (full.passed, full.letter)
    assert (short.total, full.total) == (256, 3005)
    assert short.mismatches is not None and 0 < short.mismatches <= 256
    right = score(load_v1(file, None), BODY, pool)
    assert (right.passed, right.partial, right.total) == (True, False, 3005)


def test_a_mismatch_that_comes_late_is_seen(tmp_path: Path, pool: Pool) -> None:
    file = write_v1(tmp_path / "VerilogEval_Long.jsonl", repeats=3000)
    count = "\n  integer n = 0;\n  always @(posedge clk) n <= n + 1;\n"
    late = count + always("total <= total + step + (n == 1400);")
    found = score(load_v1(file, None), late, pool)
    assert not found.passed and found.total is not None and found.total > 2700


def test_v1_and_v2_call_icarus_as_their_makefiles_do(mini_v1: Harness, mini_v2: Harness) -> None:
    flags = ("-Wall", "-Winfloop", "-Wno-timescale", "-g2012", "-s", "tb")
    first = mini_v1.job(mini_v1.problems[0], BODY, "~")
    second = mini_v2.job(mini_v2.problems[0], design(BODY), "~")
    assert (first.flags, first.run_flags, first.timeout_s, first.shared_limit) == (flags, ("-n",), 30.0, True)
    assert (second.flags, second.timeout_s) == (flags, 30.0)
    assert [file.name for file in second.files] == [
        "Prob001_adder_sample.sv", "Prob001_adder_test.sv", "Prob001_adder_ref.sv",
    ]  # fmt: skip


def test_a_code_complete_folder_has_headers(tmp_path: Path, pool: Pool) -> None:
    harness = load_v2(write_v2(tmp_path / "dataset", header=True))
    assert harness.name == "verilogeval-v2-code-complete"
    assert score(harness, design(BODY), pool).passed
    assert harness.problems[0].header
