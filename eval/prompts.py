"""The prompts of the benchmarks, in the three forms in which models are asked.

`chat` has the structure of VerilogEval's own scripts (Pinckney et al. 2024: a system message, in-context
examples, the question, markers around the answer) in words of our own; results with the official words come
from samples made by the official scripts, scored with `--samples`. `instruction` is RTLCoder's form
(description, line end, header); `completion` is for base models: the description as a comment, then the
header.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rtlwright.eval.examples import Example, examples_for
from rtlwright.eval.problem import Problem


class Form(StrEnum):
    CHAT = "chat"
    INSTRUCTION = "instruction"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is given."""

    form: Form
    text: str
    system: str = ""


_COMPLETE = (
    "Complete the Verilog module. Answer with the statements of its body, up to and including endmodule, and "
    "do not repeat the module header."
)
_DESIGN = "You design RTL. Answer with correct Verilog code and nothing else."
_LEAD = (
    "// Write the body of this Verilog module. Registers take over at the rising edge unless the description "
    "says otherwise."
)
_ONLY_CODE = "Put the code between [BEGIN] and [DONE], and write nothing around it."


@dataclass(frozen=True)
class Prompter:
    """Writes the prompts of one run.

    Args:
        shots: number of in-context examples, 0 to 4 (`chat` and `completion`).
        official: a checkout's `scripts` folder; its own examples are used where it has them.
    """

    form: Form
    shots: int = 0
    official: Path | None = None

    def prompt(self, problem: Problem) -> Prompt:
        if self.form is Form.INSTRUCTION:
            return Prompt(self.form, _joined(problem.description, problem.header))
        if self.form is Form.CHAT and not problem.header:
            return Prompt(self.form, self._questions(problem), _DESIGN)
        lead = f"{_LEAD}\n" if self.form is Form.CHAT else ""
        examples = "".join(
            f"{lead}{_commented(e.description)}\n{e.header}{e.body}\n\n" for e in self._examples(problem.top)
        )
        text = f"{self._own('code-complete-iccad2023') or examples}{lead}{_commented(problem.description)}\n"
        return Prompt(self.form, text + problem.header, _COMPLETE if self.form is Form.CHAT else "")

    def _questions(self, problem: Problem) -> str:
        shots = self._own("spec-to-rtl") or "".join(
            f"Question:\n{_interface(e)}\n\n{_ONLY_CODE}\n\nAnswer:\n[BEGIN]\n{e.header}{e.body}[DONE]\n\n"
            for e in self._examples(problem.top)
        )
        return f"{shots}\nQuestion:\n{problem.description.strip()}\n\n{_ONLY_CODE}\n\nAnswer:\n"

    def _own(self, task: str) -> str:
        """The benchmark's own examples, if its checkout is at hand."""
        if not self.shots or self.official is None or self.form is not Form.CHAT:
            return ""
        file = self.official / f"verilog-example-prefix_{task}_{self.shots}-shot.txt"
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""

    def _examples(self, top: str) -> Sequence[Example]:
        return examples_for(top)[: self.shots]


def _joined(description: str, header: str) -> str:
    return f"{description.strip()}\n{header.strip()}\n" if header else f"{description.strip()}\n"


def _commented(text: str) -> str:
    return "\n".join(f"// {line}".rstrip() for line in text.strip().split("\n")) + "\n"


def _interface(example: Example) -> str:
    return f"{example.description}\n\nThe module header is:\n\n{example.header.strip()}"
