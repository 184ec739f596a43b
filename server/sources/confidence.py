"""How likely a model's line is to be the next one, given how sure the model is of it.

A small model is as sure of itself in code of another kind than its own as at home. The weights were fitted by
`tests/bench/model_fit.py` on other people's RTL; with them its scores can be compared with recall's.
"""

from __future__ import annotations

import math

from rtlwright.server.sources.lines import line_tokens

WEIGHTS: tuple[float, ...] = (0.66, 1.25, -1.04)


def features(line: str, logprob: float) -> tuple[float, ...]:
    """1, the log-probability, and the length of the first line that is offered, without what is typed."""
    return (1.0, max(logprob, -20.0), math.log1p(len(line_tokens(line))))


def log_probability(line: str, logprob: float) -> float:
    total = sum(w * value for w, value in zip(WEIGHTS, features(line, logprob), strict=True))
    return -math.log1p(math.exp(-total)) if total > -30 else total
