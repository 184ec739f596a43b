"""VerilogEval v2: a folder of `ProbNNN_name_{prompt.txt,ref.sv,test.sv}`, whole modules named TopModule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.eval.answer import chat_design, design_of, first_module
from rtlwright.eval.job import Inspection, Job, Outcome
from rtlwright.eval.letters import letter
from rtlwright.eval.problem import File, Problem
from rtlwright.eval.prompts import Form
from rtlwright.eval.score import Letter, Score
from rtlwright.eval.signature import ended_early, plain, signed
from rtlwright.eval.verilogeval.counts import Counts, expected
from rtlwright.eval.verilogeval.flags import FLAGS, STOP_AFTER, TIMEOUT_S
from rtlwright.server.errors import UserError
from rtlwright.server.files import read_text

_NOT_COMPILED = frozenset("Se0nwmcpC")


@dataclass(frozen=True)
class VerilogEvalV2:
    """`task` is "spec-to-rtl" or "code-complete"; `full` counts every mismatch of a failed sample."""

    task: str
    problems: Sequence[Problem]
    full: bool = False

    @property
    def name(self) -> str:
        return f"verilogeval-v2-{self.task}"

    def job(self, problem: Problem, text: str, nonce: str) -> Job:
        """Three files, in the order sample, test, reference; 30 s for the run."""
        test, reference = problem.test
        body = test.text if self.full else ended_early(test.text, nonce, STOP_AFTER)
        files = (File(f"{problem.id}_sample.sv", text), File(test.name, signed(body, nonce)), reference)
        return Job(
            files, FLAGS, (), TIMEOUT_S, expect=expected(nonce), inspection=Inspection(text, "", problem.top)
        )

    def judge(self, problem: Problem, text: str, outcome: Outcome) -> Score:
        run, nonce = outcome.run, outcome.nonce
        counts = Counts.read(run.out if run else "", nonce)
        found = _letter(outcome, text)
        score = Score(
            found is Letter.PASS, found, _words(found, counts), found not in _NOT_COMPILED, counts.mismatches,
            counts.total, counts.partial, counts.outputs, seconds=outcome.seconds,
        )  # fmt: skip
        return score.believed(counts.clean, outcome.tampering)

    def sample_text(self, problem: Problem, answer: str, form: Form) -> str:
        if form is Form.COMPLETION:
            return f"{problem.header}\n{first_module(answer)}"
        if form is Form.INSTRUCTION and not problem.header:
            return design_of(answer)
        return chat_design(answer, problem.header, problem.top)


def _letter(outcome: Outcome, text: str) -> Letter:
    run = outcome.run
    if outcome.killed:
        return Letter.KILLED
    log = outcome.compile.out + outcome.compile.err
    log += plain(run.out, outcome.nonce) + run.err if run else ""
    if outcome.timed_out:
        log += "\nTIMEOUT"
    return letter(log, text)


def _words(found: Letter, counts: Counts) -> str:
    if found is Letter.PASS:
        return "passed"
    if found in (Letter.RUNTIME, Letter.RESET) and counts.total is not None:
        return f"failed: {counts.mismatches} out of {counts.total} samples."
    return f"failed: {found.meaning}"


def load_v2(folder: Path, full: bool = False) -> VerilogEvalV2:
    """The problems of a dataset folder, in the order of their numbers.

    Raises:
        UserError: a problem lacks one of its files.
    """
    problems = tuple(_problem(prompt) for prompt in sorted(folder.glob("Prob*_prompt.txt")))
    complete = any(problem.header for problem in problems)
    return VerilogEvalV2("code-complete" if complete else "spec-to-rtl", problems, full)


def _problem(prompt: Path) -> Problem:
    name = prompt.name.removesuffix("_prompt.txt")
    texts = {}
    for part in ("ref.sv", "test.sv"):
        file = prompt.with_name(f"{name}_{part}")
        if not file.exists():
            raise UserError(f"{file}: missing; --problems wants a dataset folder as VerilogEval v2 has it")
        texts[part] = read_text(file)
    header = prompt.with_name(f"{name}_ifc.txt")
    words = read_text(prompt)
    interface = read_text(header) if header.exists() else ""
    return Problem(
        name, words.split("module TopModule")[0] if interface else words, interface, "TopModule",
        (File(f"{name}_test.sv", texts["test.sv"]), File(f"{name}_ref.sv", texts["ref.sv"])),
        re.sub(r"\bRefModule\b", "TopModule", texts["ref.sv"]),
    )  # fmt: skip
