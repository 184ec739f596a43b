"""The map of lines against the list of all starts that it stands for."""

from __future__ import annotations

import re
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.context import line_map as module
from rtlwright.server.context.line_map import LineMap

TEXT = st.text(alphabet=st.sampled_from("ab \r\n\né😀\u2028\x0b"), max_size=90)


@pytest.fixture(autouse=True, params=[1, 8, 16 * 1024])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", request.param)


@given(TEXT)
def test_starts_lines_and_places_are_those_of_the_protocols_definition(text: str) -> None:
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
    lines = LineMap(text)
    assert len(lines) == len(starts)
    assert [lines.start(number) for number in range(len(lines))] == starts
    assert [lines.line(number) for number in range(len(lines))] == re.split(r"\r\n|\n|\r", text)
    for offset in range(len(text) + 1):
        number = bisect_right(starts, offset) - 1
        before = text[starts[number] : offset]
        assert lines.line_of(offset) == number
        assert lines.position(offset) == (number, len(before.encode("utf-16-le")) // 2)


@pytest.mark.parametrize("number", [-1, 2, 10**9])
def test_lines_that_are_none(number: int) -> None:
    with pytest.raises(IndexError):
        LineMap("a\n").start(number)
