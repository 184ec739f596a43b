"""VerilogEval v1: one JSONL file of problems, completions of a module header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.eval.answer import completion_of, first_module
from rtlwright.eval.job import Inspection, Job, Outcome
from rtlwright.eval.jsonl import read_jsonl
from rtlwright.eval.letters import letter
from rtlwright.eval.problem import File, Problem
from rtlwright.eval.prompts import Form
from rtlwright.eval.score import Letter, Score
from rtlwright.eval.signature import ended_early, plain, signed
from rtlwright.eval.verilogeval.counts import Counts, expected
from rtlwright.eval.verilogeval.flags import FLAGS, STOP_AFTER, TIMEOUT_S
from rtlwright.server.errors import UserError

_FIRST = re.compile(r"Mismatches: ([0-9]*) in ([0-9]*) samples")
_FIELDS = ("task_id", "prompt", "canonical_solution", "test")


@dataclass(frozen=True)
class VerilogEvalV1:
    """`problems` in the file's order; `full` counts every mismatch of a failed sample."""

    name: str
    problems: Sequence[Problem]
    full: bool = False

    def job(self, problem: Problem, text: str, nonce: str) -> Job:
        """One file: test, newline, prompt, newline, completion; 30 s for compilation and run together.

        What the compiler warns of is failed and not run. The official harness does run it, to the same end:
        its result is "timed out" rather than "compile error" where the run hangs as well.
        """
        test = problem.test[0].text
        marked = signed(test if self.full else ended_early(test, nonce, STOP_AFTER), nonce)
        design = f"{problem.header}\n{text}"
        return Job(
            (File(f"{problem.id}.sv", f"{marked}\n{design}"),), FLAGS, ("-n",), TIMEOUT_S, True, True,
            expected(nonce), Inspection(design, test, problem.top),
        )  # fmt: skip

    def judge(self, problem: Problem, text: str, outcome: Outcome) -> Score:
        run, nonce = outcome.run, outcome.nonce
        out = outcome.compile.out + (run.out if run else "")
        counts = Counts.read(out, nonce)
        result = _result(outcome, plain(out, nonce))
        design = f"{problem.header}\n{text}"
        compiled = run is not None and not outcome.compile.err
        score = Score(
            result == "passed", _letter(outcome, result, design), result, compiled, counts.mismatches,
            counts.total, counts.partial, counts.outputs, seconds=outcome.seconds,
        )  # fmt: skip
        return score.believed(counts.clean, outcome.tampering)

    def sample_text(self, problem: Problem, answer: str, form: Form) -> str:
        if form is Form.COMPLETION:
            return first_module(answer)
        return completion_of(answer, problem.top)


def _result(outcome: Outcome, out: str) -> str:
    """In the words of the official harness, by its own order of precedence."""
    run = outcome.run
    if outcome.timed_out:
        return "timed out"
    err = outcome.compile.err + (run.err if run else "test.vvp: Unable to open input file.")
    if "syntax error" in err:
        return "failed: syntax error."
    if err:
        return "failed: compile error."
    match = _FIRST.search(out)
    if match is None or not (match[1] and match[2]):
        return "failed: info string not matched."
    return "passed" if int(match[1]) == 0 else f"failed: {match[1]} out of {match[2]} samples."


def _letter(outcome: Outcome, result: str, design: str) -> Letter:
    if result == "passed":
        return Letter.PASS
    if outcome.killed:
        return Letter.KILLED
    if result == "timed out":
        return Letter.TIMEOUT
    run = outcome.run
    log = outcome.compile.out + outcome.compile.err
    log += plain(run.out, outcome.nonce) + run.err if run else ""
    found = letter(log, design)
    # v1 takes any word of the compiler for an error, a warning too.
    return Letter.COMPILE if found is Letter.PASS or (found in _RUN and outcome.compile.err) else found


_RUN = (Letter.RUNTIME, Letter.RESET)


def load_v1(file: Path, descriptions: Path | None, full: bool = False) -> VerilogEvalV1:
    """The problems of `file`, with the descriptions of the file beside it (or of `descriptions`).

    Raises:
        UserError: a file is missing, or is not what it should be.
    """
    rows = read_jsonl(file, _FIELDS)
    words = _descriptions(file, descriptions)
    problems = tuple(
        Problem(
            row["task_id"], words.get(row["task_id"], ""), row["prompt"], "top_module",
            (File(f"{row['task_id']}_test.sv", row["test"]),), row["canonical_solution"],
        )
        for row in rows
    )  # fmt: skip
    kind = file.stem.removeprefix("VerilogEval_").lower()
    return VerilogEvalV1(f"verilogeval-v1-{kind}", problems, full)


def _descriptions(file: Path, named: Path | None) -> Mapping[str, str]:
    place = named or file.with_name(
        file.name.replace("VerilogEval_", "VerilogDescription_").replace("ExampleEval", "ExampleDescriptions")
    )
    if not place.exists() or place == file:
        if named:
            raise UserError(f"{named}: there is no such file; --descriptions names a JSONL file")
        return {}
    rows = read_jsonl(place, ("task_id", "detail_description"))
    return {row["task_id"]: row["detail_description"] for row in rows}
