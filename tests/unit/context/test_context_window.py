from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.context.line_map import LineMap
from rtlwright.server.context.recent import RecentEdits
from rtlwright.server.context.text import blank, ends_hidden, tokens
from rtlwright.server.context.window import Context, head, offset_of, tail
from rtlwright.server.errors import UserError
from rtlwright.server.types import CompletionRequest, Document, Position

TEXT = st.text(alphabet=st.sampled_from("ab ;/*\"\\\r\n\té😀{(`'0"), max_size=60)


def _document(text: str) -> Document:
    return Document.of(Path("a.sv"), text)


def test_positions_are_utf16() -> None:
    document = _document("// 😀 é\r\nwire a;\r\n")
    assert offset_of(document, Position(0, 5)) == 4  # the astral character counts twice
    assert offset_of(document, Position(1, 5)) == document.text.index("a;")
    context = Context.of(CompletionRequest(document, Position(1, 5)))
    assert (context.line_prefix, context.line_suffix) == ("wire ", "a;")
    assert context.newline == "\r\n"


@pytest.mark.parametrize(
    ("line", "character", "said"),
    [(3, 0, "the file has 2 lines"), (0, 9, "line 1 has 7 characters"), (-1, 0, "the file has 2 lines")],
)
def test_a_position_outside_of_the_file_is_the_users_error(line: int, character: int, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        offset_of(_document("wire a;\n"), Position(line, character))
    assert str(caught.value).startswith("a.sv:")


@given(TEXT, st.data())
def test_every_offset_survives_the_round_trip(text: str, data: st.DataObject) -> None:
    lines = LineMap(text)
    offset = data.draw(st.integers(0, len(text)))
    number, character = lines.position(offset)
    back = lines.offset(number, min(character, len(lines.line(number).encode("utf-16-le")) // 2))
    assert back <= offset and text[back:offset] in ("", "\r", "\n", "\r\n")


@given(TEXT, st.integers(-2, 9), st.integers(-2, 70))
def test_any_position_gives_an_offset_or_a_user_error(text: str, line: int, character: int) -> None:
    with contextlib.suppress(UserError):
        assert 0 <= offset_of(_document(text), Position(line, character)) <= len(text)


@given(TEXT)
def test_blanking_keeps_every_offset(text: str) -> None:
    clean = blank(text)
    assert len(clean) == len(text)
    assert [i for i, c in enumerate(clean) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]
    assert "//" not in clean


@given(TEXT)
def test_tokens_are_where_they_say(text: str) -> None:
    assert all(text[t.start :].startswith(t.text) for t in tokens(text))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("wire a; // co", True),
        ("wire a; // co\n", False),
        ("/* co\n co", True),
        ("/* co */ ", False),
        ("/*/", True),
        ('$display("he', True),
        ('$display("he"', False),
        ('"a // b"', False),
    ],
)
def test_hidden(text: str, hidden: bool) -> None:
    assert ends_hidden(text) is hidden
    assert Context.at(_document(text), len(text)).in_code is not hidden


@given(TEXT, st.integers(0, 40))
def test_windows_are_whole_lines_within_the_budget(text: str, budget: int) -> None:
    assert text.endswith(tail(text, budget)) and len(tail(text, budget)) <= budget
    assert text.startswith(head(text, budget)) and len(head(text, budget)) <= budget


def test_window_cuts_at_lines() -> None:
    assert tail("one\ntwo\nthree", 7) == "three"
    assert head("one\ntwo\nthree", 7) == "one\n"


@given(TEXT, st.data())
def test_a_context_of_anything(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    context = Context.at(_document(text), offset)
    assert context.prefix + context.suffix == text
    assert len(context.clean_prefix) == len(context.prefix)
    _ = (context.scope, context.in_code, context.word, context.indent, context.indent_unit)


def test_indentation_unit() -> None:
    assert Context.at(_document("module a;\n    wire b;\n    wire c;\nendmodule"), 0).indent_unit == "    "
    assert Context.at(_document("module a;\n\twire b;\n\twire c;\nendmodule"), 0).indent_unit == "\t"


def test_recent_edits_coalesce() -> None:
    edits = RecentEdits()
    edits.observe(_document("a\nb\nc\n"))
    edits.observe(_document("a\nbx\nc\n"))
    edits.observe(_document("a\nbxy\nc\n"))
    edits.observe(_document("a\nbxy\nc\nd\ne\nf\n"))
    assert [(edit.line, edit.text) for edit in edits.edits()] == [(1, "bxy"), (3, "d\ne\nf")]
