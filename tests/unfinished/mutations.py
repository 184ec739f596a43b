"""Broken continuations: one slip in a finished file, and a candidate around it.

Each class returns edits of the file; whether the result is an error is for Icarus to say (`oracle`), whether
it is one *yet*, too (`report`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rtlwright.server.check.text.lexer import CLOSERS, KEYWORDS, Kind, Token, code
from rtlwright.server.check.text.structure import scan
from unfinished.case import Case, Hole
from unfinished.corpus import File
from unfinished.cuts import hole_end
from unfinished.places import construct

_LENGTHS = (0, 0, 1, 3, 8, 20)
_HOLE_WEIGHTS = {Hole.NOTHING: 8, Hole.LINE: 3, Hole.BLOCK: 2, Hole.MODULE: 2, Hole.FILE: 2}
_TYPES = {
    "wire", "reg", "logic", "bit", "integer", "int", "genvar", "input", "output", "inout", "parameter",
    "localparam", "byte", "real", "enum", "struct", "typedef", "function", "task", "signed", "unsigned",
}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


Mutation = Callable[["Code", random.Random], Iterable[Edit]]


@dataclass(frozen=True)
class Code:
    """A file with its tokens."""

    text: str
    found: tuple[Token, ...]

    def at(self, wanted: Callable[[int], bool]) -> list[int]:
        return [i for i in range(2, len(self.found) - 1) if wanted(i)]

    def word(self, i: int) -> str:
        return self.found[i].text if 0 <= i < len(self.found) else ""

    def edit(self, i: int, new: str) -> Edit:
        return Edit(self.found[i].start, self.found[i].end, new)

    def insert(self, i: int, new: str) -> Edit:
        return Edit(self.found[i].start, self.found[i].start, new)

    @property
    def modules(self) -> list[str]:
        return [self.word(i + 1) for i, t in enumerate(self.found) if t.text in ("module", "interface")]

    def instances(self) -> list[int]:
        """Indices of the names of modules that are instantiated."""
        return self.at(
            lambda i: (
                self.found[i].kind is Kind.IDENTIFIER
                and self.found[i + 1].kind is Kind.IDENTIFIER
                and self.word(i + 2) == "("
                and self.word(i - 1) in (";", "end", "begin", ")", "endgenerate")
            )
        )

    def items(self, inside: str) -> list[int]:
        """Indices of tokens before which a new item of a module, or statement of a block, may stand."""
        places = []
        for i in self.at(lambda i: self.word(i - 1) in (";", "end", "begin", "endcase", "endfunction")):
            structure = scan(self.found[:i])
            inner = structure.frames[-1].opener if structure.frames else ""
            if inner == inside and not structure.tail and self.word(i) != "else":
                places.append(i)
        return places

    def declares(self, i: int) -> bool:
        """Token `i` is a name that is declared there."""
        while i > 0 and self.word(i - 1) not in (";", "(", "=", "begin", "end"):
            i -= 1
            if self.word(i) in _TYPES or self.word(i).endswith("_t"):
                return True
        return False


def slip(word: str, rng: random.Random) -> str:
    """A typist's: two letters swapped, one missing, doubled, or another one."""
    k = rng.randrange(len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    if kind == 1:
        return word[:k] + word[k + 1 :]
    if kind == 2:
        return word[: k + 1] + word[k:]
    return word[:k] + rng.choice("aeioursntl") + word[k + 1 :]


def undeclared(code: Code, rng: random.Random) -> Iterable[Edit]:
    """A use of a name; where it is declared the file goes on lacking it with or without the candidate."""
    seen: set[str] = set(code.modules)
    uses = []
    for i, token in enumerate(code.found):
        if token.kind is Kind.IDENTIFIER and code.word(i - 1) != "." and code.word(i + 1) != "(":
            if token.text in seen and not code.declares(i) and token.text not in code.modules:
                uses.append(i)
            seen.add(token.text)
    for i in rng.sample(uses, min(1, len(uses))):
        yield code.edit(i, code.word(i) + "_zz" if rng.random() < 0.5 or len(code.word(i)) < 3
                        else slip(code.word(i), rng))  # fmt: skip


def port_name(code: Code, rng: random.Random) -> Iterable[Edit]:
    places = code.at(
        lambda i: code.word(i - 1) == "." and code.word(i - 2) in ("(", ",")
        and code.found[i].kind is Kind.IDENTIFIER and code.word(i + 1) in ("(", ",", ")")
    )  # fmt: skip
    for i in rng.sample(places, min(1, len(places))):
        word = code.word(i)
        yield code.edit(i, word + "_zz" if rng.random() < 0.5 or len(word) < 3 else slip(word, rng))


def port_count(code: Code, rng: random.Random) -> Iterable[Edit]:
    """Ordered connections to a module of this file or this project, far too many; or one too many."""
    places = code.items("module")
    if not places:
        return
    at = rng.choice(places)
    # Of a module whose text is still missing nobody knows the ports.
    behind = {code.word(i + 1) for i, t in enumerate(code.found) if t.text == "module" and i > at}
    names = [*(code.word(i) for i in code.instances()), *code.modules[:-1]]
    names = [name for name in names if name not in behind]
    if names:
        many = rng.choice((33, 40))
        ports = ", ".join(["1'b0"] * many)
        yield code.insert(at, f"{rng.choice(names)} u_zz ({ports});\n")


def literal(code: Code, rng: random.Random) -> Iterable[Edit]:
    """A literal without a width where one is needed, or with digits that its base does not have."""
    numbers = code.at(
        lambda i: code.found[i].kind is Kind.NUMBER and "'" in code.word(i) and "_" not in code.word(i)
    )
    inner = code.at(
        lambda i: (
            code.word(i) == "{"
            and code.word(i + 1) != "{"
            and code.word(i - 1) not in ("'", "enum", "struct", "packed")
        )
    )
    ways = []
    if inner:
        ways.append(code.insert(rng.choice(inner) + 1, rng.choice(("'d1, ", "'b1, ", "1, ", "-1, "))))
    if numbers:
        i = rng.choice(numbers)
        base = code.word(i).index("'") + 1
        head = code.word(i)[: base + 1]
        bad = {"b": "2", "o": "9", "d": "3f", "h": "3g"}.get(head[-1].lower(), "")
        ways.append(code.edit(i, head + bad) if bad else code.edit(i, code.word(i)[:base] + "q7"))
        ways.append(code.edit(i, code.word(i)[:base]))
    if ways:
        yield rng.choice(ways)


def missing_end(code: Code, rng: random.Random) -> Iterable[Edit]:
    words = ("end", "endcase", "endfunction", "endtask", "endgenerate")
    places = code.at(lambda i: code.word(i) in words)
    for i in rng.sample(places, min(1, len(places))):
        yield code.edit(i, "")


def doubled_endmodule(code: Code, rng: random.Random) -> Iterable[Edit]:
    places = code.items("module") + code.at(lambda i: code.word(i) == "endmodule")
    if places:
        yield code.insert(rng.choice(places), "endmodule\n")


def misspelled(code: Code, rng: random.Random) -> Iterable[Edit]:
    places = code.at(lambda i: code.found[i].kind is Kind.KEYWORD and len(code.word(i)) > 2)
    for i in rng.sample(places, min(1, len(places))):
        new = slip(code.word(i), rng)
        if new not in KEYWORDS:
            yield code.edit(i, new)


def wrong_net(code: Code, rng: random.Random) -> Iterable[Edit]:
    """A continuous assignment to a variable or an input, a procedural one to a net."""
    places = code.items("module")
    names = sorted(
        {t.text for i, t in enumerate(code.found) if t.kind is Kind.IDENTIFIER and code.declares(i)}
    )
    if places and names:
        name, at = rng.choice(names), rng.choice(places)
        way = rng.choice(("assign {0} = 1'b0;\n", "always @* {0} = 1'b0;\n", "initial {0} = 1'b0;\n"))
        yield code.insert(at, way.format(name))


def duplicate(code: Code, rng: random.Random) -> Iterable[Edit]:
    places = code.items("module")
    names = sorted(
        {t.text for i, t in enumerate(code.found) if t.kind is Kind.IDENTIFIER and code.declares(i)}
    )
    if places and names:
        kind = rng.choice(("wire", "reg [3:0]", "integer", "localparam"))
        value = " = 0" if kind == "localparam" else ""
        yield code.insert(rng.choice(places), f"{kind} {rng.choice(names)}{value};\n")


def stray_else(code: Code, rng: random.Random) -> Iterable[Edit]:
    """An `else` in a block or a module, over a statement that is right there."""
    blocks, modules = code.items("begin"), code.items("module")
    places = rng.choice((blocks, modules)) or blocks or modules
    if places:
        i = rng.choice(places)
        yield code.insert(i, "else ")


def truncated(code: Code, rng: random.Random) -> Iterable[Edit]:
    operators = {"=", "<=", "+", "-", "&", "|", "==", "&&", "||", "^", "?", ":"}
    places = code.at(lambda i: code.word(i + 1) in (";", ")") and code.word(i - 1) in operators)
    for i in rng.sample(places, min(1, len(places))):
        yield code.edit(i, "")


def missing_semicolon(code: Code, rng: random.Random) -> Iterable[Edit]:
    places = code.at(lambda i: code.word(i) == ";")
    for i in rng.sample(places, min(1, len(places))):
        yield code.edit(i, "")


def surplus_closer(code: Code, rng: random.Random) -> Iterable[Edit]:
    places = code.at(lambda i: code.word(i) in (*CLOSERS, ")", "]", "}") and code.word(i) != "endmodule")
    for i in rng.sample(places, min(1, len(places))):
        yield code.edit(i, f"{code.word(i)} {code.word(i)}")


def missing_bracket(code: Code, rng: random.Random) -> Iterable[Edit]:
    places = code.at(lambda i: code.word(i) in ("(", ")", "[", "]", "{", "}"))
    for i in rng.sample(places, min(1, len(places))):
        yield code.edit(i, "")


MUTATIONS: dict[str, Mutation] = {
    "undeclared name": undeclared,
    "wrong port": port_name,
    "wrong number of ports": port_count,
    "literal misused": literal,
    "missing end": missing_end,
    "doubled endmodule": doubled_endmodule,
    "misspelled keyword": misspelled,
    "wrong kind of net": wrong_net,
    "duplicated declaration": duplicate,
    "stray else": stray_else,
    "truncated expression": truncated,
    "missing semicolon": missing_semicolon,
    "surplus closer": surplus_closer,
    "missing bracket": missing_bracket,
}


def broken_case(file: File, kind: str, rng: random.Random) -> Case | None:
    """One drawn case; None if the file has no place for it."""
    plain = Code(file.text, code(file.text))
    for edit in MUTATIONS[kind](plain, rng):
        text = file.text[: edit.start] + edit.new + file.text[edit.end :]
        start, end = _around(plain.found, edit, rng)
        end += len(edit.new) - (edit.end - edit.start)
        hole = rng.choices(tuple(_HOLE_WEIGHTS), tuple(_HOLE_WEIGHTS.values()))[0]
        behind = hole_end(text, end, hole)
        if not text[start:end].strip():
            return None
        place = construct(file.text, edit.start)
        return Case(
            file, kind, False, place, text[:start], text[start:end], text[end:behind], text[behind:], hole
        )
    return None


def _around(found: tuple[Token, ...], edit: Edit, rng: random.Random) -> tuple[int, int]:
    """A candidate's range (in the text before the edit): tokens before it, the edit, tokens behind it."""
    first = next((i for i, t in enumerate(found) if t.end > edit.start), len(found) - 1)
    last = max((i for i, t in enumerate(found) if t.start < edit.end), default=first - 1)
    last = max(last, first - 1)
    start = min(found[max(1, first - rng.choice(_LENGTHS))].start, edit.start)
    reach = min(len(found) - 1, last + rng.choice(_LENGTHS))
    end = max(found[reach].end, edit.end) if reach >= first or reach >= 0 else edit.end
    return start, max(end, edit.end)
