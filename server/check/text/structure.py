"""What is open at a place: blocks, brackets, conditional compilation, and the statement under way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rtlwright.server.check.text.lexer import BRACKETS, CLOSERS, DESIGN_UNITS, PAIRS, Kind, Token

_NO_OPENER_AFTER = {
    "fork": {"disable", "wait"},
    "class": {"typedef"},
    "interface": {"virtual"},
    "property": {"assert", "assume", "cover", "restrict", "expect"},
    "sequence": {"cover"},
    "function": {"with"},
}
_PROTOTYPES = {"extern", "import", "export", "pure"}
_ONLY_CODE = {"begin", "endmodule", "always", "always_ff", "always_comb", "module", "endcase", "endfunction"}
"""Keywords that no bracket can contain: whoever finds one has found an unclosed bracket."""
_COMMENT, _OPEN_COMMENT, _DIRECTIVE = Kind.COMMENT, Kind.OPEN_COMMENT, Kind.DIRECTIVE
_KEYWORD, _SYMBOL = Kind.KEYWORD, Kind.SYMBOL
_BOUNDARY = {";", "begin", "end", "fork", "generate", "endgenerate", "endcase", "specify", "table"}


@dataclass(frozen=True, slots=True)
class Frame:
    """Something that was opened and not yet closed."""

    opener: str
    start: int
    """Offset of the opener."""
    statement: tuple[Token, ...] = ()
    """The statement under way when it was opened, up to and with the opener."""
    has_items: bool = False
    """`case` only: it holds at least one item."""

    @property
    def closer(self) -> str:
        return PAIRS[self.opener]

    @property
    def bracket(self) -> bool:
        return self.opener in BRACKETS


@dataclass(frozen=True, slots=True)
class Structure:
    """The state after some tokens."""

    frames: tuple[Frame, ...]
    """Outermost first."""
    tail: tuple[Token, ...]
    """The tokens of the unfinished statement, in the innermost frame."""
    supplied: tuple[str, ...] = ()
    """Closers of what was open before the first token, in their order."""
    crossed: bool = False
    """Some closer closed something else than the innermost frame."""
    conditionals: int = 0
    """`ifdef`s that are open."""
    endifs: int = 0
    """`endif`s of what was open before the first token."""
    inactive: bool = False
    """The place is in a branch that conditional compilation leaves out."""

    def inside(self, *openers: str) -> Frame | None:
        """The innermost frame of one of these kinds."""
        return next((frame for frame in reversed(self.frames) if frame.opener in openers), None)


@dataclass(slots=True)
class _Branch:
    taken: bool
    active: bool
    outer: bool


@dataclass
class Scanner:
    """Reads tokens, keeps the stack. Never raises: what fits nothing is remembered as supplied or crossed."""

    defines: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._frames: list[Frame] = []
        self._tail: list[Token] = []
        self._supplied: list[str] = []
        self._crossed = False
        self._branches: list[_Branch] = []
        self._endifs = 0
        self._macros = set(self.defines)

    def feed(self, tokens: Iterable[Token]) -> Scanner:
        for token in tokens:
            kind = token.kind
            if kind is _COMMENT or kind is _OPEN_COMMENT or (kind is _DIRECTIVE and self._directive(token)):
                continue
            if not self._branches or self._branches[-1].active:
                self._token(token)
        return self

    def structure(self) -> Structure:
        return Structure(
            tuple(self._frames),
            tuple(self._tail),
            tuple(self._supplied),
            self._crossed,
            len(self._branches),
            self._endifs,
            not self._active,
        )

    def copy(self) -> Scanner:
        twin = Scanner()
        twin._frames, twin._tail, twin._supplied = list(self._frames), list(self._tail), list(self._supplied)
        twin._crossed, twin._endifs, twin._macros = self._crossed, self._endifs, set(self._macros)
        twin._branches = [_Branch(b.taken, b.active, b.outer) for b in self._branches]
        return twin

    @property
    def macros(self) -> Mapping[str, str]:
        """What is defined so far; only the names count."""
        return dict.fromkeys(self._macros, "")

    @property
    def _active(self) -> bool:
        return not self._branches or self._branches[-1].active

    def _directive(self, token: Token) -> bool:
        """Conditional compilation; False for the use of a macro, which may be any part of a statement."""
        word, *rest = token.text.split(None, 1)
        name = rest[0].strip() if rest else ""
        match word:
            case "`ifdef" | "`ifndef":
                taken = self._active and ((name in self._macros) == (word == "`ifdef"))
                self._branches.append(_Branch(taken, taken, self._active))
            case "`elsif" if self._branches:
                top = self._branches[-1]
                top.active = top.outer and not top.taken and name in self._macros
                top.taken |= top.active
            case "`else" if self._branches:
                top = self._branches[-1]
                top.active = top.outer and not top.taken
                top.taken = True
            case "`endif":
                if self._branches:
                    self._branches.pop()
                else:
                    self._endifs += 1
            case "`undef":
                self._macros.discard(name)
            case "`define":
                if self._active and (found := re.match(r"[^\W\d][\w$]*", name)):
                    self._macros.add(found.group())
            case "`include" | "`timescale" | "`default_nettype" | "`resetall" | "`line" | "`pragma":
                pass
            case "`celldefine" | "`endcelldefine" | "`else" | "`elsif" | "`begin_keywords" | "`end_keywords":
                pass
            case _:
                return False
        return True

    def _token(self, token: Token) -> None:
        if token.kind is not _KEYWORD and token.kind is not _SYMBOL:
            self._tail.append(token)
            return
        text = token.text
        if text in _ONLY_CODE:
            while self._frames and self._frames[-1].bracket:
                self._frames.pop()
                self._crossed = True
        if text in CLOSERS:
            self._close(token)
        elif text in PAIRS and self._opens(token):
            self._open(token)
        else:
            self._tail.append(token)
            if text in _BOUNDARY:
                self._boundary()

    def _opens(self, token: Token) -> bool:
        before = self._tail[-1].text if self._tail else ""
        if token.text in BRACKETS:
            return True
        if self._frames and self._frames[-1].bracket:  # `input interface.modport x`, `virtual interface`
            return token.text in ("begin", "fork")
        if before in _NO_OPENER_AFTER.get(token.text, ()):
            return False
        if token.text in ("function", "task", "module"):
            return not any(tail.text in _PROTOTYPES for tail in self._tail)
        return not (token.text == "class" and before == "interface")

    def _open(self, token: Token) -> None:
        statement = (*self._tail, token)
        self._frames.append(Frame(token.text, token.start, statement))
        self._tail = []
        if token.text not in BRACKETS and token.text not in _BOUNDARY:
            self._tail = [token]  # `module m (`: the header is a statement of its own

    def _close(self, token: Token) -> None:
        closer = "join" if token.text.startswith("join") else token.text
        depth = next((i for i, f in enumerate(reversed(self._frames)) if f.closer == closer), None)
        if depth is None or self._beyond_unit(depth):
            if self._frames:
                self._crossed = True
            self._supplied.append(closer)
            self._tail = []
            return
        self._crossed |= depth > 0
        del self._frames[len(self._frames) - depth :]
        frame = self._frames.pop()
        self._tail = [*frame.statement, token] if frame.bracket else []
        if not frame.bracket:
            self._mark_item()

    def _beyond_unit(self, depth: int) -> bool:
        """No `end` reaches out of its module: the module's own error, not its neighbour's."""
        inner = self._frames[len(self._frames) - depth :] if depth else []
        return any(frame.opener in DESIGN_UNITS for frame in inner)

    def _boundary(self) -> None:
        if self._frames and self._frames[-1].opener in "(":
            return  # the semicolons of a `for` header
        self._tail = []
        self._mark_item()

    def _mark_item(self) -> None:
        top = self._frames[-1] if self._frames else None
        if top and top.opener.startswith("case") and not top.has_items:
            self._frames[-1] = Frame(top.opener, top.start, top.statement, True)


def scan(tokens: Iterable[Token], defines: Mapping[str, str] | None = None) -> Structure:
    """What is open after `tokens`, and what of before them they close."""
    return Scanner(defines or {}).feed(tokens).structure()
