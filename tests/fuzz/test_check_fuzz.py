"""Any text through the parts of the gate that run outside of the sandbox: nothing raises, nothing moves."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rtlwright.server.check.refuse import refusal
from rtlwright.server.check.text.lexer import tokenize
from rtlwright.server.check.text.structure import scan
from rtlwright.server.check.text.stubs import stubs
from rtlwright.server.check.unfinished.closure import Surroundings, close
from rtlwright.server.check.unfinished.quarantine import quarantined
from rtlwright.server.check.unfinished.splice import fit

WORDS = st.sampled_from(
    [
        "module",
        "endmodule",
        "begin",
        "end",
        "case",
        "endcase",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ";",
        ",",
        ".",
        ":",
        "=",
        "<=",
        "+",
        "?",
        "if",
        "else",
        "for",
        "always",
        "@",
        "posedge",
        "assign",
        "`ifdef",
        "`else",
        "`endif",
        "`define",
        "function",
        "endfunction",
        "typedef",
        "enum",
        "struct",
        "generate",
        "a",
        "b",
        "clk",
        "1'b0",
        "8'h",
        '"',
        "//",
        "/*",
        "*/",
        "interface",
        "package",
        "class",
        "fork",
        "join",
        "\\",
        "`",
        "#",
        "'{",
        "é",
        "𝛼",
        "\n",
        "\r\n",
        "\t",
        '"',
        "`include",
        "$display",
    ]
)
VERILOG = st.lists(WORDS, max_size=40).map(" ".join)
TEXT = st.one_of(VERILOG, st.text(max_size=80))


@settings(max_examples=300)
@given(TEXT)
def test_tokens_cover_the_text(text: str) -> None:
    end = 0
    for token in tokenize(text):
        assert not text[end : token.start].strip() and text[token.start : token.end] == token.text
        end = token.end
    scan(tokenize(text))
    refusal(text)
    stubs([text], frozenset({"a", "b"}))


@settings(max_examples=200)
@given(TEXT)
def test_closing_is_idempotent(text: str) -> None:
    closed = close(text)
    assert closed.startswith(text) and close(closed) == closed


@settings(max_examples=200)
@given(TEXT, TEXT, TEXT)
def test_closures_change_nothing_outside(prefix: str, candidate: str, suffix: str) -> None:
    around = Surroundings(prefix, suffix)
    for way in around.closures(candidate):
        assert way.before == prefix + candidate and way.after == suffix
    for way in around.dropped(candidate):
        assert way.before.startswith(prefix + candidate) and suffix.endswith(way.after)


@settings(max_examples=300)
@given(TEXT, TEXT, TEXT)
def test_splice_only_trims(prefix: str, candidate: str, suffix: str) -> None:
    fitted = fit(candidate, prefix, suffix)
    assert len("".join(fitted.split())) <= len("".join(candidate.split()))


@settings(max_examples=200)
@given(TEXT, st.integers(0, 80), st.lists(st.integers(-1, 80), max_size=4))
def test_quarantine_moves_nothing(text: str, cursor: int, errors: list[int]) -> None:
    clean = quarantined(text, cursor, errors)
    assert len(clean) == len(text) and clean.count("\n") == text.count("\n")
