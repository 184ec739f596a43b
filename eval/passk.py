"""pass@k: the unbiased estimator, and bootstrap intervals.

Source: Chen et al., "Evaluating Large Language Models Trained on Code" (2021), equation 1; VerilogEval uses
the same one. An interval resamples problems, not samples: the problems are what another benchmark of the
same kind would draw anew.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """`after - before` over the same problems, with its 95% interval and a two-sided p-value."""

    value: float
    low: float
    high: float
    p: float


def pass_at_k(n: int, c: int, k: int) -> float:
    """Probability that at least one of k samples is right, of n samples of which c are right.

    1 - C(n-c, k) / C(n, k), in whole numbers until the last division.

    >>> pass_at_k(20, 1, 1), pass_at_k(20, 1, 10), pass_at_k(5, 5, 5), round(pass_at_k(10, 3, 5), 4)
    (0.05, 0.5, 1.0, 0.9167)

    Raises:
        ValueError: k is not within 1 … n, or c not within 0 … n.
    """
    if not (1 <= k <= n and 0 <= c <= n):
        raise ValueError(f"pass@{k} of {c} right among {n} samples is not defined")
    whole = math.comb(n, k)
    return (whole - math.comb(n - c, k)) / whole


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def interval(values: Sequence[float], rounds: int = 2000, seed: int = 0) -> Interval:
    """Mean of one value a problem, and the 2.5 and 97.5 percentiles of the means of resampled problems.

    >>> interval([1.0, 1.0]) == Interval(1.0, 1.0, 1.0)
    True
    """
    low, high = _percentiles(_resampled(values, rounds, seed))
    return Interval(mean(values), low, high)


def difference(
    before: Sequence[float], after: Sequence[float], rounds: int = 2000, seed: int = 0
) -> Difference:
    """Paired bootstrap: both runs have one value for each of the same problems, in the same order.

    The p-value is twice the smaller share of resamples whose difference is not above, or not below, zero
    (Efron and Tibshirani 1993, chapter 15; one is added to both counts, so it is never 0).
    """
    if len(before) != len(after):
        raise ValueError("a paired comparison needs the same problems on both sides")
    deltas = [b - a for a, b in zip(before, after, strict=True)]
    means = _resampled(deltas, rounds, seed)
    low, high = _percentiles(means)
    below = (1 + sum(m <= 0 for m in means)) / (rounds + 1)
    above = (1 + sum(m >= 0 for m in means)) / (rounds + 1)
    return Difference(mean(deltas), low, high, min(1.0, 2 * min(below, above)))


def _resampled(values: Sequence[float], rounds: int, seed: int) -> list[float]:
    choose: Callable[..., list[float]] = random.Random(seed).choices
    return sorted(mean(choose(values, k=len(values))) for _ in range(rounds))


def _percentiles(ordered: Sequence[float]) -> tuple[float, float]:
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]
