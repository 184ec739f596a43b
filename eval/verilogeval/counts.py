"""What a VerilogEval testbench says in its final block."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtlwright.eval.signature import STOPPED, own_lines

_COUNT = re.compile(r"Mismatches: (\d+) in (\d+) samples$")
_OUTPUT = re.compile(r"Hint: Output '([^']*)' has (no|\d+) mismatches")


@dataclass(frozen=True, slots=True)
class Counts:
    """Mismatches among compared points in time; None where the final block was not reached."""

    mismatches: int | None
    total: int | None
    outputs: dict[str, int]
    partial: bool

    @property
    def clean(self) -> bool:
        return self.mismatches == 0 and not self.partial

    @classmethod
    def read(cls, output: str, nonce: str) -> Counts:
        """From the end, and only what the testbench itself printed."""
        lines = own_lines(output, nonce)
        count = next((match for line in lines if (match := _COUNT.match(line))), None)
        outputs = {
            match[1]: 0 if match[2] == "no" else int(match[2])
            for line in reversed(lines)
            if (match := _OUTPUT.match(line))
        }
        return cls(
            int(count[1]) if count else None, int(count[2]) if count else None, outputs, STOPPED in lines
        )


def expected(nonce: str) -> str:
    """Pattern of a passing run's output."""
    return rf"{re.escape(nonce)}Mismatches: 0 in \d+ samples"
