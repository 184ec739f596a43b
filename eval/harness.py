"""What a benchmark defines: its problems, the job for a sample, and the verdict on what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rtlwright.eval.job import Job, Outcome
from rtlwright.eval.problem import Problem
from rtlwright.eval.prompts import Form
from rtlwright.eval.score import Score


class Harness(Protocol):
    """Pure functions: the same sample and outcome give the same score, on every machine."""

    @property
    def name(self) -> str:
        """Of the benchmark and its version, as it stands in logs: "verilogeval-v1-human"."""
        ...

    @property
    def problems(self) -> Sequence[Problem]: ...

    def job(self, problem: Problem, text: str, nonce: str) -> Job:
        """What to compile and run for a sample."""
        ...

    def judge(self, problem: Problem, text: str, outcome: Outcome) -> Score: ...

    def sample_text(self, problem: Problem, answer: str, form: Form) -> str:
        """The sample in a model's answer to a prompt of that form."""
        ...
