"""The log: torn ends, foreign lines, other settings, merging; and a run that is killed goes on."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini import BODY, write_v1

from rtlwright.eval.log import RunLog, merge_logs, read_log
from rtlwright.eval.record import Record, Settings
from rtlwright.eval.sample import Sample
from rtlwright.eval.score import Letter, Score
from rtlwright.server.errors import UserError

SETTINGS = Settings("bench", "model", {"temperature": 0.2})


def record(problem: str, index: int, passed: bool = True, settings: Settings = SETTINGS) -> Record:
    letter = Letter.PASS if passed else Letter.RUNTIME
    score = Score(passed, letter, "passed" if passed else "failed", True)
    return Record(settings, {"iverilog": "12.0"}, Sample(problem, index, "text \u2028 é"), score)


@given(st.text(), st.text(max_size=20), st.integers(0, 99), st.sampled_from(list(Letter)))
def test_a_record_is_one_line_and_comes_back(text: str, problem: str, index: int, letter: Letter) -> None:
    score = Score(False, letter, "failed", True, 3, 7, True, {"q": 3}, "why", 0.5)
    before = Record(
        SETTINGS, {"iverilog": "12.0"}, Sample(problem, index, text, "hash", 5, 0.1), score, "cat"
    )
    line = before.line()
    assert line.count("\n") == 1 and line.endswith("\n")
    assert Record.parse(line) == before


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_end_is_dropped_and_written_over(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "log.jsonl"
    log = RunLog(file, SETTINGS)
    for index in range(3):
        log.add(record("a", index))
    log.close()
    file.write_bytes(file.read_bytes()[:-cut])
    again = RunLog(file, SETTINGS)
    kept = 3 if cut == 1 else 2  # a record without its line end is whole
    assert [r.sample.index for r in again.records] == list(range(kept))
    again.add(record("a", 5))
    again.close()
    assert [r.sample.index for r in read_log(file)] == [*range(kept), 5]


def test_a_bad_line_in_the_middle_is_named(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(record("a", 0).line() + "what?\n" + record("a", 1).line())
    with pytest.raises(UserError, match=r"log.jsonl:2: is no record"):
        read_log(file)


def test_other_settings_do_not_mix(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    RunLog(file, SETTINGS).add(record("a", 0))
    other = Settings("bench", "model", {"temperature": 0.8})
    with pytest.raises(UserError, match=r"temperature is 0.2 there and 0.8 here.*--log"):
        RunLog(file, other)


def test_logs_of_two_machines_merge(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text("".join(record("a", i).line() for i in (0, 1)))
    two.write_text("".join(record("a", i, passed=False).line() for i in (1, 2)))
    merged = merge_logs([one, two])
    assert [(r.sample.index, r.score.passed) for r in merged] == [(0, True), (1, True), (2, False)]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "rtlwright.server", "eval", *words]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_a_stopped_run_goes_on(how: signal.Signals, tmp_path: Path, toolchain: object) -> None:
    """Stopped in the middle; the same command does the rest, and no sample twice."""
    problems = write_v1(tmp_path / "VerilogEval_Mini.jsonl", repeats=8_000)
    rows = [{"task_id": "adder", "completion": f"// {i}\n  wire w{i};{BODY}"} for i in range(12)]
    samples = tmp_path / "samples.jsonl"
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    log = tmp_path / "log.jsonl"
    words = (
        "verilogeval",
        "--problems",
        str(problems),
        "--samples",
        str(samples),
        "--log",
        str(log),
        "--json",
    )
    run = subprocess.Popen(command(*words, "--workers", "1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    limit = time.monotonic() + 60
    while (not log.exists() or log.read_bytes().count(b"\n") < 3) and time.monotonic() < limit:
        time.sleep(0.02)
    run.send_signal(how)
    out, err = run.communicate(timeout=60)
    if how is not signal.SIGKILL:
        assert (run.returncode, out) == (130, b"")
        told = [line for line in err.decode().splitlines() if not line.startswith("note:")]
        assert "the same command goes on" in told[0] and told[-1] == "rtlwright: interrupted", err
    first = read_log(log)
    assert 3 <= len(first) < 12
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=100, check=True)
    answer = json.loads(done.stdout)
    assert (answer["samples"], answer["metrics"]["pass@1"]) == (12, 1.0)
    assert set(answer) >= {"metrics", "intervals", "samples", "settings", "tools"}
    lines = log.read_text().splitlines()
    assert sorted(json.loads(line)["sample"]["index"] for line in lines) == list(range(12))
