"""RTLLM: a folder a design, with `design_description.txt`, `testbench.v` and `verified_*.v`.

A sample passes if the simulation's output has "Pass" or "pass" in it within 8 seconds. Upstream compiles with
VCS (`-sverilog`); here it is `iverilog -g2012`, design before testbench, so a few references fail
(`known_bad`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.eval.answer import design_of
from rtlwright.eval.job import Ended, Inspection, Job, Outcome
from rtlwright.eval.letters import letter
from rtlwright.eval.problem import File, Problem
from rtlwright.eval.prompts import Form
from rtlwright.eval.score import Letter, Score
from rtlwright.eval.signature import own_lines, plain, signed
from rtlwright.server.errors import UserError
from rtlwright.server.files import decode

TIMEOUT_S = 8.0
_PASS = re.compile("[Pp]ass")
_OWN = frozenset({"design_description.txt", "testbench.v", "makefile"})
_MODULE = re.compile(r"^\s*module\s+(\w+)", re.MULTILINE)
_DATA_BYTES = 1 << 20


@dataclass(frozen=True)
class Rtllm:
    """`version` is "1.1" or "2.0", by the layout: 2.0 sorts its designs into categories."""

    version: str
    problems: Sequence[Problem]

    @property
    def name(self) -> str:
        return f"rtllm-v{self.version}"

    def job(self, problem: Problem, text: str, nonce: str) -> Job:
        test = File("testbench.v", signed(problem.test[0].text, nonce))
        expect = rf"{re.escape(nonce)}[^\n]*[Pp]ass"
        return Job(
            (File("design.v", text), test), ("-g2012",), ("-n",), TIMEOUT_S, expect=expect,
            inspection=Inspection(text), data=problem.data,
        )  # fmt: skip

    def judge(self, problem: Problem, text: str, outcome: Outcome) -> Score:
        run, nonce = outcome.run, outcome.nonce
        out = plain(run.out, nonce) if run else ""
        passed = run is not None and run.ended is not Ended.TIMEOUT and _PASS.search(out) is not None
        found = Letter.PASS if passed else _letter(outcome, out, text)
        result = "passed" if passed else f"failed: {found.meaning}"
        score = Score(passed, found, result, run is not None, seconds=outcome.seconds)
        own = any(_PASS.search(line) for line in own_lines(run.out if run else "", nonce))
        return score.believed(own, outcome.tampering)

    def sample_text(self, problem: Problem, answer: str, form: Form) -> str:
        return design_of(answer)


def _letter(outcome: Outcome, out: str, text: str) -> Letter:
    run = outcome.run
    if outcome.killed:
        return Letter.KILLED
    if outcome.timed_out:
        return Letter.TIMEOUT
    if run is not None:
        return Letter.RUNTIME
    found = letter(outcome.compile.out + outcome.compile.err, text)
    return found if found not in (Letter.RUNTIME, Letter.RESET) else Letter.COMPILE


def load_rtllm(folder: Path) -> Rtllm:
    """The designs below `folder`, by name; folders that begin with "_" are samples.

    Raises:
        UserError: there is none, or one lacks a file.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; --problems names a checkout of RTLLM")
    places = [
        file.parent
        for file in folder.rglob("design_description.txt")
        if not any(part.startswith(("_", ".")) for part in file.relative_to(folder).parts)
    ]
    if not places:
        raise UserError(f"{folder}: holds no design_description.txt; --problems names a checkout of RTLLM")
    nested = any(place.parent != folder for place in places)
    problems = tuple(_problem(folder, place) for place in sorted(places, key=lambda place: place.name))
    return Rtllm("2.0" if nested else "1.1", problems)


def _problem(root: Path, place: Path) -> Problem:
    bench, reference = place / "testbench.v", next(iter(sorted(place.glob("verified_*.v"))), None)
    if not bench.is_file():
        raise UserError(f"{bench}: missing; a design of RTLLM has a testbench")
    test = _text(bench)
    others = tuple(
        File(file.name, _text(file))
        for file in sorted(place.iterdir())
        if file.is_file()
        and file.name not in _OWN
        and file != reference
        and file.stat().st_size < _DATA_BYTES
    )
    right = _renamed(_text(reference), test, place.name) if reference else None
    parts = place.relative_to(root).parts
    category = parts[0] if len(parts) > 1 else ""
    description = _text(place / "design_description.txt")
    return Problem(place.name, description, "", "", (File("testbench.v", test),), right, category, others)


def _renamed(reference: str, test: str, folder: str) -> str:
    """Under the name that the testbench knows: `x`, or the folder's, for `verified_x`."""
    for name in (found for found in _MODULE.findall(reference) if found.startswith("verified_")):
        for wanted in (name.removeprefix("verified_"), folder):
            if not re.search(rf"\b{name}\b", test) and re.search(rf"\b{wanted}\s+(?:#|\w+\s*\()", test):
                reference = re.sub(rf"\b{name}\b", wanted, reference)
                break
    return reference


def _text(file: Path) -> str:
    data = file.read_bytes()
    try:
        return decode(data, str(file))
    except UserError:
        return data.decode("latin-1")  # comments of some testbenches are in another encoding
