"""A small, fast, tolerant tokenizer of Verilog and SystemVerilog: any text in, tokens out, never an error.

It exists beside pyslang because half-typed text has to be understood where a parser gives up, and
because it may run outside of the sandbox: it is one regular expression without backtracking traps.
Clauses are those of IEEE 1800-2017, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from rtlwright.server.keywords import KEYWORDS

HIDDEN = r"""//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|"(?:\\[\s\S]|[^"\\\n])*"?"""
"""Comments and strings, open ones too, as a pattern: for what needs no tokens, and is asked at every key."""


class Kind(StrEnum):
    COMMENT = "comment"
    OPEN_COMMENT = "open comment"
    """A block comment that never ends."""
    STRING = "string"
    OPEN_STRING = "open string"
    """A string literal that the end of the line, or of the text, cuts off."""
    DIRECTIVE = "directive"
    """A compiler directive with its arguments (a whole `define`), or the use of a macro (the name alone)."""
    IDENTIFIER = "identifier"
    KEYWORD = "keyword"
    SYSTEM = "system"
    """`$display` and its kin."""
    NUMBER = "number"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """A named tuple, not a dataclass: a file has thousands of them."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def trivial(self) -> bool:
        """A comment: it takes no part in the grammar."""
        return self.kind is Kind.COMMENT or self.kind is Kind.OPEN_COMMENT


PAIRS = {
    "begin": "end",
    "fork": "join",
    "case": "endcase",
    "casex": "endcase",
    "casez": "endcase",
    "randcase": "endcase",
    "module": "endmodule",
    "macromodule": "endmodule",
    "interface": "endinterface",
    "package": "endpackage",
    "program": "endprogram",
    "class": "endclass",
    "function": "endfunction",
    "task": "endtask",
    "generate": "endgenerate",
    "specify": "endspecify",
    "table": "endtable",
    "primitive": "endprimitive",
    "config": "endconfig",
    "checker": "endchecker",
    "covergroup": "endgroup",
    "property": "endproperty",
    "sequence": "endsequence",
    "clocking": "endclocking",
    "(": ")",
    "[": "]",
    "{": "}",
}
"""Opener → closer."""

BRACKETS = frozenset("([{")
CLOSERS = frozenset(PAIRS.values()) | {"join_any", "join_none"}
DESIGN_UNITS = frozenset({"module", "macromodule", "interface", "package", "program", "primitive", "config"})
"""Openers that stand at the top of a file."""

_TOKEN = re.compile(
    r"""[^\S\n]+|\n
  |(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
  |(?P<open_comment>/\*(?s:.*))
  |(?P<string>"(?:[^"\\\n]|\\(?:\r\n|(?s:.)))*")
  |(?P<open_string>"(?:[^"\\\n]|\\(?:\r\n|(?s:.)))*\\?)
  |(?P<directive>`define\b(?:\\\r?\n|[^\n])*
     |`(?:ifdef|ifndef|elsif|undef|default_nettype|begin_keywords)\b(?:[^\S\n]+["\w$]+)?
     |`include\b(?:[^\S\n]*(?:"[^"\n]*"?|<[^>\n]*>?))?
     |`timescale\b(?:[^\S\n]*\d+)?(?:[^\S\n]*[munpf]?s\b)?(?:[^\S\n]*/)?(?:[^\S\n]*\d+)?(?:[^\S\n]*[munpf]?s\b)?
     |`(?:line|pragma)\b[^\n]*
     |`[A-Za-z_][\w$]*|``|`["\\]?)
  |(?P<word>[^\W\d][\w$]*)
  |(?P<escaped>\\[^\s]+)
  |(?P<system>\$[\w$]+)
  |(?P<number>(?:\d[\d_]*[^\S\n]*)?'[sS]?[bodhBODH][^\S\n]*[0-9a-fA-FxXzZ?_]*|'[01xXzZ](?!\w)
     |\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d[\d_]*)?(?:[munpf]?s\b)?)
  |(?P<symbol><<<=|>>>=|===|!==|==\?|!=\?|<<<|>>>|<<=|>>=|<->|\|->|\|=>|->>|&&&|\*\*|\(\*(?=[^)])|(?<!\()\*\)
     |\+\+|--|\+=|-=|\*=|/=|%=|&=|\|=|\^=|==|!=|<=|>=|&&|\|\||<<|>>|~&|~\||~\^|\^~|->|::|\+:|-:|'\{|\.\*|:=|:/|\#\#|@@|.)
  """,
    re.VERBOSE,
)
_GROUPS = {
    "comment": Kind.COMMENT,
    "open_comment": Kind.OPEN_COMMENT,
    "string": Kind.STRING,
    "open_string": Kind.OPEN_STRING,
    "directive": Kind.DIRECTIVE,
    "escaped": Kind.IDENTIFIER,
    "system": Kind.SYSTEM,
    "number": Kind.NUMBER,
    "symbol": Kind.SYMBOL,
}


_new = tuple.__new__
"""Half the time of `Token(…)`, and there are thousands of them."""


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of `text[start:end]`, white space left out; positions are those in `text`.

    Whatever is no Verilog comes as symbols of one character. Every character that is not white space
    is in exactly one token.
    """
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        group = match.lastgroup
        if group is None:
            continue
        word = match.group()
        if group == "word":
            kind = Kind.KEYWORD if word in KEYWORDS else Kind.IDENTIFIER
        elif word == "'{":  # the brace counts as a brace, whatever stands before it
            yield Token(Kind.SYMBOL, "'", match.start(), match.start() + 1)
            yield Token(Kind.SYMBOL, "{", match.start() + 1, match.end())
            continue
        else:
            kind = _GROUPS[group]
        yield _new(Token, (kind, word, *match.span()))


def tokenize(text: str) -> tuple[Token, ...]:
    return tuple(tokens(text))


def code(text: str) -> tuple[Token, ...]:
    """The tokens without comments."""
    return tuple(token for token in tokens(text) if not token.trivial)


def identifiers(text: str) -> frozenset[str]:
    """Every identifier that occurs, in whatever role, in code or in the body of a macro."""
    return named(tokens(text))


def mentioned(found: Iterable[Token]) -> frozenset[str]:
    """The identifiers, and the macros that are used."""
    found = tuple(found)
    directive = Kind.DIRECTIVE
    return named(found) | {token.text[1:] for token in found if token.kind is directive}


def named(tokens: Iterable[Token]) -> frozenset[str]:
    """The identifiers among tokens."""
    found: set[str] = set()
    identifier, directive = Kind.IDENTIFIER, Kind.DIRECTIVE
    for token in tokens:
        kind = token.kind
        if kind is identifier:
            found.add(token.text)
        elif kind is directive and token.text.startswith("`define"):
            found.update(re.findall(r"[^\W\d][\w$]*", token.text))
    return frozenset(found)
