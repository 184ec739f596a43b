"""pass@k against the estimator of the benchmarks' papers; intervals and differences on known data."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.eval.passk import difference, interval, pass_at_k


def product_form(n: int, c: int, k: int) -> float:
    """The estimator as Chen et al. 2021 print it."""
    if n - c < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


@given(st.integers(1, 300), st.data())
def test_equals_the_papers_estimator(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    assert abs(pass_at_k(n, c, k) - product_form(n, c, k)) < 1e-12


def test_equals_the_share_of_subsets_with_a_right_one() -> None:
    from itertools import combinations

    subsets = list(combinations([True] * 3 + [False] * 5, 4))
    assert pass_at_k(8, 3, 4) == pytest.approx(sum(map(any, subsets)) / len(subsets), abs=1e-15)


@pytest.mark.parametrize(("n", "c", "k"), [(5, 1, 6), (5, 6, 1), (5, -1, 1), (5, 1, 0)])
def test_what_is_not_defined_is_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k(n, c, k)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    draw = random.Random(1)
    hits = 0
    for round_ in range(200):
        found = interval([float(draw.random() < 0.3) for _ in range(150)], rounds=400, seed=round_)
        hits += found.low <= 0.3 <= found.high
    assert 0.88 <= hits / 200 <= 0.99


def test_difference_is_paired() -> None:
    draw = random.Random(2)
    before = [draw.random() for _ in range(60)]
    better = difference(before, [value + 0.01 for value in before])
    assert better.value == pytest.approx(0.01)
    assert better.p < 0.01
    assert better.low == pytest.approx(better.high)
    noise = difference(before, [value + draw.choice([-0.2, 0.2]) for value in before])
    assert noise.p > 0.01
    assert noise.low < 0 < noise.high


def test_difference_wants_pairs() -> None:
    with pytest.raises(ValueError, match="same problems"):
        difference([1.0], [1.0, 0.0])
