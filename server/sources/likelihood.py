"""How likely a recalled line is to be the next one: a logistic model over what is known of the match.

The weights were fitted by `tests/bench/recall_fit.py`; scores are log-probabilities, so that they can be
compared with a model's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against one proposed line."""

    exact: int
    """Lines before that are the same to the letter."""
    similar: int
    """Lines before of the same shape."""
    alike: bool
    """The line before begins with the same word."""
    here: bool
    nearest: bool
    """No place of the same text is nearer."""
    second: bool
    """The passage's other reading is likelier by itself."""
    same_names: bool
    """Every name means itself."""
    unknown: int
    """Names that this file does not have."""
    present: bool
    """The very line stands above already."""
    agreement: float
    """Share of the places that propose it."""
    places: int
    tokens: int
    typed: int
    """Tokens of the line that are typed."""
    short: bool
    """A lone keyword or bracket."""

    def features(self) -> tuple[float, ...]:
        one_line, deep = float(self.exact >= 1), math.log1p(self.exact)
        return (
            1.0,
            one_line,
            deep,
            math.log1p(self.similar),
            float(self.alike and not self.exact),
            float(self.here),
            float(self.nearest),
            float(self.second),
            float(self.same_names),
            float(self.same_names and not self.here),
            min(self.unknown, 3) / 3,
            min(self.unknown, 3) / 3 * one_line,
            float(self.present and not self.short),
            self.agreement,
            self.agreement * math.log1p(self.places),
            math.log1p(self.tokens) / 3,
            math.log1p(self.typed),
            float(self.short),
        )


WEIGHTS: tuple[float, ...] = (
    -4.72, -0.82, 2.86, 0.58, 0.56, 1.19, 1.02, -1.07, -0.60, -0.23, -3.65, 0.76, -1.30, 2.66, 1.57,
    -1.77, 0.50, 0.31,
)  # fmt: skip


def log_probability(evidence: Evidence) -> float:
    total = sum(weight * value for weight, value in zip(WEIGHTS, evidence.features(), strict=True))
    return -math.log1p(math.exp(-total)) if total > -30 else total
