"""Positions and incremental changes: the server's text must stay the client's text."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from rtlwright.lsp.buffer import Buffer, index_of, units
from rtlwright.server.types import Position, Range

ENCODINGS = [kind.value for kind in types.PositionEncodingKind]
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
# Python ends lines at form feeds and more, the protocol does not.
PIECES = [*string.ascii_letters[:4], "\n", "\r\n", "\r", "\f", "\x0b", "\u2028", "é", "𝄞"]
TEXT = st.lists(st.sampled_from(PIECES)).map("".join)
EDITS = st.lists(st.tuples(st.integers(0), st.integers(0), TEXT), max_size=12)


def buffer(text: str, encoding: str = "utf-16") -> Buffer:
    return Buffer("file:///a.sv", "systemverilog", 1, text, encoding)


def encoded_length(text: str, encoding: str) -> int:
    codec, width = CODECS[encoding]
    return len(text.encode(codec)) // width


@given(TEXT, st.sampled_from(ENCODINGS))
def test_units_are_code_units(text: str, encoding: str) -> None:
    assert units(text, encoding) == encoded_length(text, encoding)


@given(TEXT, st.integers(min_value=0), st.sampled_from(ENCODINGS))
def test_an_offset_survives_the_way_to_the_client_and_back(text: str, at: int, encoding: str) -> None:
    document = buffer(text, encoding)
    at %= len(text) + 1
    if text[max(at - 1, 0) : at + 1] == "\r\n":
        return  # inside of one line end there is no position
    position = document.position(at)
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    assert position.line == before.count("\n")
    assert position.character == encoded_length(before.rpartition("\n")[2], encoding)
    assert document.offset(position) == at


@given(EDITS, TEXT, st.sampled_from(ENCODINGS))
def test_random_edits_leave_both_sides_with_the_same_text(
    edits: list[tuple[int, int, str]], client: str, encoding: str
) -> None:
    server = buffer(client, encoding)
    for version, (one, other, new) in enumerate(edits, 2):
        start, end = sorted((one % (len(client) + 1), other % (len(client) + 1)))
        if "\r\n" in (client[max(start - 1, 0) : start + 1], client[max(end - 1, 0) : end + 1]):
            continue
        range = types.Range(server.position(start), server.position(end))
        client = client[:start] + new + client[end:]
        server = server.changed(types.TextDocumentContentChangePartial(range=range, text=new), version)
        assert server.text == client
        assert server.version == version


@pytest.mark.parametrize(
    ("line", "character", "expected"),
    [("a𝄞b", 1, 1), ("a𝄞b", 2, 1), ("a𝄞b", 3, 2), ("a𝄞b", 99, 3), ("ab", 9, 2)],
)
def test_a_unit_inside_a_character_means_its_start(line: str, character: int, expected: int) -> None:
    assert index_of(line, character, "utf-16") == expected


def test_positions_beyond_the_end_are_drawn_in() -> None:
    document = buffer("ab\r\ncd")
    assert document.offset(types.Position(0, 99)) == 2
    assert document.offset(types.Position(1, 99)) == 6
    assert document.offset(types.Position(99, 0)) == 6
    assert document.line(99) == ""


def test_a_range_of_the_service_reaches_the_client_in_its_encoding() -> None:
    range = buffer("𝄞x", "utf-8").client_range(Range(Position(0, 2), Position(0, 3)))
    assert range == types.Range(types.Position(0, 4), types.Position(0, 5))


def test_halves_of_a_surrogate_pair_are_replaced_one_for_one() -> None:
    assert buffer("a\ud834b").clean_text == "a\ufffdb"


def test_a_whole_change_replaces_all() -> None:
    assert buffer("old").changed(types.TextDocumentContentChangeWholeDocument("new"), 2).text == "new"
