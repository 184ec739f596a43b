"""Rows of `rtlwright synth`: a specification, a reference module, and the testbench that judges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtlwright.eval.answer import design_of
from rtlwright.eval.job import Inspection, Job, Outcome
from rtlwright.eval.jsonl import read_jsonl
from rtlwright.eval.letters import letter
from rtlwright.eval.problem import File, Problem
from rtlwright.eval.prompts import Form
from rtlwright.eval.score import Letter, Score
from rtlwright.eval.signature import own_lines, plain, signed
from rtlwright.server.errors import UserError

TIMEOUT_S = 15.0
_COUNT = re.compile(r"Mismatches: (\d+) in (\d+) samples")
_FIELDS = ("id", "family", "name", "spec", "module", "testbench")


@dataclass(frozen=True)
class SpecHarness:
    """`problems` in the order of the file; a problem's category is its family."""

    problems: Sequence[Problem]
    name: str = "spec"

    def job(self, problem: Problem, text: str, nonce: str) -> Job:
        test = File("testbench.sv", signed(problem.test[0].text, nonce))
        return Job(
            (File("design.sv", text), test), ("-g2012",), ("-n",), TIMEOUT_S,
            expect=rf"{re.escape(nonce)}Mismatches: 0 in", inspection=Inspection(text, "", problem.top),
        )  # fmt: skip

    def judge(self, problem: Problem, text: str, outcome: Outcome) -> Score:
        run = outcome.run
        out = run.out if run else ""
        lines = own_lines(out, outcome.nonce)
        count = next((match for line in lines if (match := _COUNT.search(line))), None)
        passed = count is not None and count[1] == "0" and count[2] != "0" and outcome.tampering is None
        found = Letter.PASS if passed else _letter(outcome, plain(out, outcome.nonce), text)
        mismatches, total = (int(count[1]), int(count[2])) if count else (None, None)
        result = "passed" if passed else f"failed: {found.meaning}"
        score = Score(passed, found, result, run is not None, mismatches, total, seconds=outcome.seconds)
        return replace(score, reason=outcome.tampering or "")

    def sample_text(self, problem: Problem, answer: str, form: Form) -> str:
        return design_of(answer)


def _letter(outcome: Outcome, out: str, text: str) -> Letter:
    run = outcome.run
    if outcome.killed:
        return Letter.KILLED
    if outcome.timed_out:
        return Letter.TIMEOUT
    if outcome.tampering:
        return Letter.REFUSED
    found = letter(outcome.compile.out + outcome.compile.err, text)
    if run is not None:
        return Letter.RUNTIME
    return Letter.COMPILE if found in (Letter.RUNTIME, Letter.RESET, Letter.PASS) else found


def load_specs(place: Path) -> SpecHarness:
    """The rows of a JSONL file, or of all in a folder.

    Raises:
        UserError: there are none, or one lacks a field.
    """
    files = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
    if not files:
        raise UserError(
            f"{place}: holds no *.jsonl; write some with `rtlwright synth --held-out --out {place}`"
        )
    rows = [row for file in files for row in read_jsonl(file, _FIELDS)]
    return SpecHarness(
        tuple(
            Problem(
                row["id"], row["spec"], "", row["name"], (File("testbench.sv", row["testbench"]),),
                row["module"], row["family"],
            )
            for row in rows
        )
    )  # fmt: skip
