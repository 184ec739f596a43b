"""The framing survives whatever a client sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.lsp.frames import MAX_HEADER, FrameReader


def frame(body: bytes, name: bytes = b"Content-Length") -> bytes:
    return name + b": %d\r\n\r\n" % len(body) + body


@given(st.lists(st.binary(max_size=50)), st.integers(1, 7))
def test_bodies_come_out_as_they_went_in_however_they_were_cut(bodies: list[bytes], size: int) -> None:
    data = b"".join(map(frame, bodies))
    reader = FrameReader()
    found = [body for i in range(0, len(data), size) for body in reader.feed(data[i : i + size])]
    assert found == bodies


@given(st.binary(max_size=200))
def test_garbage_never_raises(data: bytes) -> None:
    list(FrameReader().feed(data))


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"hello",
        b"X: 1\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\n",
        b"\r\n",
    ],
)
def test_a_frame_behind_garbage_is_read(garbage: bytes) -> None:
    assert list(FrameReader().feed(garbage + frame(b"{}"))) == [b"{}"]


def test_a_header_in_any_case_and_company() -> None:
    data = b"content-type: x\r\n" + frame(b"{}", b"CONTENT-length")
    assert list(FrameReader().feed(data)) == [b"{}"]


def test_an_endless_header_does_not_fill_the_memory() -> None:
    reader = FrameReader()
    for _ in range(100):
        assert not list(reader.feed(b"x" * MAX_HEADER))
    assert len(reader._buffer) <= MAX_HEADER
    assert list(reader.feed(frame(b"{}"))) == [b"{}"]
