"""Reading on from where the last text ended finds the same as reading from the beginning."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from test_check_fuzz import TEXT, WORDS

from rtlwright.server.check.text.language import has_systemverilog_words
from rtlwright.server.check.text.lexer import mentioned, named, tokenize
from rtlwright.server.check.text.structure import Scanner
from rtlwright.server.check.unfinished import reading

PIECES = st.lists(
    st.one_of(TEXT, WORDS.map(lambda word: f" {word} "), st.sampled_from("8'h f\n\"/*")), max_size=12
)


@settings(max_examples=300)
@given(PIECES, st.sampled_from([(), ("A",)]))
def test_a_text_that_grows_is_read_as_a_whole(pieces: list[str], defined: tuple[str, ...]) -> None:
    reading._marks = []
    text, defines = "", dict.fromkeys(defined, "1")
    for piece in pieces:
        text += piece
        head, tokens = reading.read_head(text, defines), tokenize(text)
        assert head.last == tokens[-1:]
        assert head.scanner.structure() == Scanner(defines).feed(tokens[:-1]).structure()
        assert head.names == named(tokens) and head.mentions == mentioned(tokens)
        assert head.blank == all(token.trivial for token in tokens)


def test_a_long_text_is_not_read_again() -> None:
    text = "module m;\n" + "".join(f"  wire w{n} = {n};\n" for n in range(400))
    reading._marks = []
    reading.read_head(text, {})
    mark = reading._longest(text + "  assign", ())
    assert mark is not None and len(text) - len(mark.text) < 60


def test_words_of_systemverilog() -> None:
    assert has_systemverilog_words("module m; logic a; endmodule")
    assert not has_systemverilog_words(
        'module m; // logic\n reg a = "bit"; /* always_ff */ wire \\logic ; endmodule'
    )
    assert not has_systemverilog_words("wire logic_a, a_bit, $bits; `logic")
