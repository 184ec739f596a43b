"""Lexer, structure, closure and splice on their own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from unfinished.corpus import DESIGNS, read

from rtlwright.server.check.messages import hint
from rtlwright.server.check.text.lexer import Kind, code, tokenize
from rtlwright.server.check.text.structure import scan
from rtlwright.server.check.text.stubs import stubs
from rtlwright.server.check.unfinished.closure import Surroundings, close
from rtlwright.server.check.unfinished.quarantine import quarantined
from rtlwright.server.check.unfinished.splice import fit, offset, splice
from rtlwright.server.types import Candidate, Document, Position, Range, SourceName

ALL = sorted(DESIGNS.iterdir())


@pytest.mark.parametrize("design", ALL, ids=lambda path: path.name)
def test_tokens_cover_every_design(design: Path) -> None:
    text = read(design)
    end = 0
    for token in tokenize(text):
        assert not text[end : token.start].strip()
        assert text[token.start : token.end] == token.text
        end = token.end
    assert not text[end:].strip()
    structure = scan(code(text))
    assert not structure.frames and not structure.tail and not structure.supplied and not structure.crossed


def test_tokens_are_the_languages_own() -> None:
    found = [(t.kind, t.text) for t in tokenize("q <= 8'hF_f + 'h3 ~^ \\esc+ap $clog2(`W) <<< 1.5e3;")]
    assert (
        (Kind.NUMBER, "8'hF_f") in found and (Kind.NUMBER, "'h3") in found and (Kind.NUMBER, "1.5e3") in found
    )
    assert (Kind.IDENTIFIER, "\\esc+ap") in found and (Kind.SYSTEM, "$clog2") in found
    assert (Kind.DIRECTIVE, "`W") in found and (Kind.SYMBOL, "<<<") in found
    define = "`define A(x) \\\n  x + 1\nnext"
    assert [t.text for t in tokenize(define)] == ["`define A(x) \\\n  x + 1", "next"]
    assert tokenize("/* open")[0].kind is Kind.OPEN_COMMENT and tokenize('"open')[0].kind is Kind.OPEN_STRING


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("module m; always @* begin case (a) 1: begin", ["module", "begin", "case", "begin"]),
        ("module m; `ifdef X\n begin `else fork `endif", ["module", "fork"]),
        ("extern function int f(int a); typedef class c; virtual interface i v;", []),
        ("module m; assert property (p); wait fork; disable fork;", ["module"]),
        ("interface i; modport m(import function f());", ["interface"]),
        ("module m; assign y = {a, b[(c", ["module", "{", "[", "("]),
        ("module m; initial begin ( endmodule module n;", ["module"]),
    ],
)
def test_what_is_open(text: str, open_: list[str]) -> None:
    assert [frame.opener for frame in scan(code(text)).frames] == open_


@pytest.mark.parametrize("design", ALL, ids=lambda path: path.name)
def test_closures_insert_at_the_cursor_and_nowhere_else(design: Path) -> None:
    text, rng = read(design), random.Random(design.name)
    for _ in range(10):
        start, end = sorted(rng.randrange(len(text)) for _ in range(2))
        around = Surroundings(text[:start], text[end:])
        ways = list(around.closures("x"))
        assert ways and all(
            w.text.startswith(text[:start] + "x") and w.text.endswith(text[end:]) for w in ways
        )
        closed = close(text[:start])
        assert closed.startswith(text[:start]) and close(closed) == closed


@pytest.mark.parametrize(
    ("prefix", "text", "suffix", "wanted"),
    [
        ("assign y = ", "a + b;", ";", "a + b"),
        ("module m;\n", "assign y = a;\nendmodule\n", "endmodule\n", "assign y = a;\n"),
        ("module m; initial begin\n", "a = 1;\nend\nend", "\nend endmodule", "a = 1;\n"),
        (
            "module m; initial begin if (a) begin b = 1; ", "end else begin c = 1;",
            "\nend end endmodule", "end else begin c = 1;",
        ),
        ("module m;\n", "```verilog\nassign y = a;\n```", "\nendmodule", "assign y = a;"),
        ("module m;\n", "assign y = a;<|endoftext|>junk", "\nendmodule", "assign y = a;"),
        ("module m;\n", "wire a;\nwire b;\n", "wire b;\nwire c;\nendmodule", "wire a;\n"),
        ("module m;\n    ", "    wire a;", "\nendmodule", "wire a;"),
        ("module m;\r\n", "wire a;\nwire b;", "\r\nendmodule", "wire a;\r\nwire b;"),
        (
            "module m;\n\twire q;\n\t", "initial begin\n    a = 1;\n  end",
            "\n\twire z;\nendmodule", "initial begin\n\t\ta = 1;\n\tend",
        ),
        ("module m;\n", "endmodule", "endmodule", ""),
        ("module m;\n", "wire a;\nmodule n;\nendmodule", "", "wire a;"),
        ("module m;\nendmodule\n", "module n;\nendmodule\n", "", "module n;\nendmodule\n"),
        ("// what ", "end endmodule ever", "\nmodule m; endmodule", "end endmodule ever"),
        ("module m;\n  s u (", "\n    .a(a),\n    .b(b)\n  ", ")\nendmodule", "\n    .a(a),\n    .b(b)\n  "),
        ("module m;\n  assign y = (", "a + b);", ");\nendmodule", "a + b"),
    ],
)  # fmt: skip
def test_splice(prefix: str, text: str, suffix: str, wanted: str) -> None:
    fitted = fit(text, prefix, suffix)
    assert fitted == wanted
    assert fit(fitted, prefix, suffix) == fitted


def test_positions_count_utf16_units() -> None:
    text = "a𝛼b\r\nc"
    assert [offset(text, Position(0, n)) for n in (0, 1, 3, 4, 99)] == [0, 1, 2, 3, 3]
    assert offset(text, Position(1, 1)) == 6 and offset(text, Position(9, 9)) == len(text)
    candidate = Candidate("x", Range.at(Position(0, 3)), SourceName.RECALL)
    assert splice(Document.of(Path("m.v"), text), candidate).range == candidate.range


def test_broken_units_are_blanked_and_nothing_moves() -> None:
    text = "module a; = ;\nendmodule\nmodule b; <> endmodule\nmodule c; endmodule\n"
    clean = quarantined(text, text.index("<>"), [10])
    assert len(clean) == len(text) and "module a" not in clean
    assert clean.index("module b") == text.index("module b") and "module c" in clean
    assert clean.count("\n") == text.count("\n")


def test_stubs_have_what_their_instances_name() -> None:
    text = "BUF #(.W(3)) u (.I(a), .O(b)); BUF v (.I(c), .EN(d)); PLL #(1, 2) p (x, y[1:0], {z, w});"
    found = stubs([text], frozenset({"BUF", "PLL"}))
    assert "module BUF #(parameter W = 0)(input I, input O, input EN);" in found
    assert found.count("parameter rtlwright_parameter_") == 2 and found.count("input rtlwright_port_") == 3


def test_common_messages_have_a_hint() -> None:
    """The others, each through its tool: test_hints.py."""
    told = hint("use of undeclared identifier 'foo'; did you mean 'food'?")
    assert told == "Nothing declares foo; is food meant?"
    assert hint("something that nobody has ever said") is None
