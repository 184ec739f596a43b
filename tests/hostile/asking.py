"""The gate's three kinds of questions, as the suite of hostile inputs and the chaos ask them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.check.gate import Gate
from rtlwright.server.types import (
    Cancel,
    Candidate,
    Document,
    Language,
    Position,
    ProjectView,
    Range,
    SourceName,
    Verdict,
)

ROOT = Path("/project")
VIEW = ProjectView(ROOT, "m.sv")
BODY = "module m(input clk, input a, output y);\n  \nendmodule\n"
GRACE_S = 2.0
"""Answers may come so much after the deadline, on a machine that does something else as well."""


@dataclass(frozen=True)
class Asking:
    """Asks one gate."""

    gate: Gate
    deadline_s: float

    def inline(self, text: str, view: ProjectView = VIEW, body: str = BODY, line: int = 1) -> Verdict:
        """A candidate in the second column of a line."""
        candidate = Candidate(text, Range.at(Position(line, 2)), SourceName.MODEL)
        document = Document.of(ROOT / "m.sv", body)
        return self.gate.check(document, [candidate], view, deadline_s=self.deadline_s, cancel=Cancel())[0]

    def file(self, document: Document, view: ProjectView, testbench: Document | None = None) -> Verdict:
        return self.gate.check_files(
            [document], view, top=None, testbench=testbench, timeout_s=self.deadline_s, cancel=Cancel()
        ).verdict

    def module(self, text: str, view: ProjectView, bench: str | None) -> Verdict:
        """A generated module, under a testbench if there is one."""
        checks = self.gate.check_modules(
            [text], view, Language.SYSTEMVERILOG,
            testbench=bench, deadline_s=self.deadline_s, cancel=Cancel(),
        )  # fmt: skip
        return checks.verdicts[0]
