"""The part of a file that decides what Yosys says of a candidate.

Reading is most of what Yosys spends its time on, and most of a module has nothing to do with a line that is
written into it. What stays: the candidate's own items, declarations, generate blocks, and

- whatever drives a signal that they mention (several drivers, none at all),
- whatever mentions something that they declare (widths, types),
- whatever combinational logic can be reached from what they drive (loops).

The rest is blanked, its line ends stay, so that every line keeps its number. Wires that lose their driver so
are no complaint: only those that the candidate's items mention can owe it to the candidate.
Names are found in the text, generously: what may be an assignment is one. Where names may be hidden (macros,
`.*`, escaped names), the whole file is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rtlwright.server.keywords import KEYWORDS

_SEQUENTIAL = frozenset({"AlwaysFFBlock", "InitialBlock", "HierarchyInstantiation"})
_COMBINATIONAL = frozenset(
    {"ContinuousAssign", "AlwaysCombBlock", "AlwaysLatchBlock", "PrimitiveInstantiation"}
)
_DROPPABLE = _SEQUENTIAL | _COMBINATIONAL | {"AlwaysBlock"}
_DECLARES = frozenset({"NetDeclaration", "DataDeclaration"})
_PASSIVE = frozenset(
    ["ParameterDeclarationStatement", "TypedefDeclaration", "FunctionDeclaration", "TaskDeclaration",
     "GenvarDeclaration", "PackageImportDeclaration", "PortDeclaration", "TimeUnitsDeclaration",
     "EmptyMember"]
)  # fmt: skip
"""What drives nothing. What is neither this nor named elsewhere here (generate blocks) may drive anything."""
_BLOCKS = frozenset(
    {
        "ContinuousAssign",
        "AlwaysCombBlock",
        "AlwaysLatchBlock",
        "AlwaysFFBlock",
        "AlwaysBlock",
        "InitialBlock",
    }
)
_SEEDS = _DROPPABLE | _DECLARES | {"EmptyMember"}
_CONNECTS = frozenset({"ContinuousAssign", "NetDeclaration"})
_LEAST = 2000
"""Characters that have to go, or it is not worth the while."""
_MOST = 2000
"""Items that are looked at."""
_WORD = re.compile(r"(?<![\w$'])[A-Za-z_][\w$]*")
_SILENT = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'[sS]?[bBoOdDhH]\s*[\w?]+""", re.DOTALL)
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LABEL = re.compile(r"\b(begin|end|fork|join\w*)\s*:\s*\w+")
_OPERATOR = re.compile(r"[-+*/%&|^~!<>?]|==")
_EDGE = re.compile(r"\b(?:posedge|negedge|edge)\b")
_STATEMENT = re.compile(r"(;|:|\b(?:begin|end|else|fork|join\w*|endcase)\b)")
_ASSIGNS = re.compile(r"(?<![=!<>])<?=(?!=)|[-+*/%&|^]=|<<=|>>=|\+\+|--|->")


@dataclass(frozen=True, slots=True)
class Part:
    """What is left of a text."""

    text: str
    names: frozenset[str]
    """The identifiers of the candidate's items, and what is connected with them by mere assignments."""
    dropped: frozenset[str]
    """The items that are blanked, by their text."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one item of a module does, as its text tells; too much rather than too little."""

    mentions: frozenset[str]
    drives: frozenset[str]
    combinational: bool
    connects: bool
    """It is a mere assignment of names to names."""
    hidden: bool
    """It may mention more than its text shows."""


@dataclass(frozen=True, slots=True)
class _Item:
    kind: str
    start: int
    end: int
    text: str

    @property
    def facts(self) -> _Facts:
        return _facts(self.kind, self.text)


def part(tree: Any, text: str, start: int, end: int, offset: int = 0) -> Part | None:
    """What of `text` is left for a candidate at `text[start:end]`; None if it is better read whole.

    Args:
        tree: slang's, of `text` behind `offset` bytes.
    """
    if len(text) < 2 * _LEAST or not text.isascii() or "\\" in text:
        return None
    items = _items(tree, text, offset)
    if items is None or len(items) > _MOST:
        return None
    seeds = {n for n, item in enumerate(items) if item.start < end + 1 and item.end > start - 1}
    if not seeds or any(items[n].kind not in _SEEDS or items[n].facts.hidden for n in seeds):
        return None
    names = _wanted(items, frozenset().union(*(items[n].facts.mentions for n in seeds)))
    kept = {items[n].text for n in _kept(items, seeds, names)}
    dropped = frozenset(item.text for item in items if item.kind in _DROPPABLE) - kept
    if sum(map(len, dropped)) < _LEAST:
        return None
    return Part(_blanked(text, items, dropped), names, dropped)


def without(tree: Any, text: str, dropped: frozenset[str], offset: int = 0) -> str:
    """`text` without the items that another text was blanked of."""
    items = _items(tree, text, offset) if text.isascii() else None
    return text if items is None else _blanked(text, items, dropped)


def _items(tree: Any, text: str, offset: int) -> list[_Item] | None:
    """The members of all modules; None where some of the text is not where it seems to be."""
    root, found = tree.root, []
    units = (root,) if _kind(root) == "ModuleDeclaration" else getattr(root, "members", ())
    for unit in units:
        if _kind(unit) != "ModuleDeclaration":
            continue
        buffer = unit.sourceRange.start.buffer
        for member in unit.members:
            place = member.sourceRange
            if place.start.buffer != buffer or place.end.buffer != buffer:
                return None
            start, end = place.start.offset - offset, place.end.offset - offset
            if not 0 <= start <= end <= len(text):
                return None
            found.append(_Item(_kind(member), start, end, text[start:end]))
    return found


def _kind(node: Any) -> str:
    return str(node.kind.name)


def _wanted(items: Sequence[_Item], names: frozenset[str]) -> frozenset[str]:
    """With other names of the same wires: `assign a = b` makes one of two."""
    wires = {n: item.facts.mentions for n, item in enumerate(items) if item.facts.connects}
    found, _ = _reached(names, wires, wires)
    return found


def _kept(items: Sequence[_Item], seeds: set[int], names: frozenset[str]) -> set[int]:
    """The places in `items` of those that stay."""
    own = [items[n].facts for n in seeds]
    declared = frozenset().union(*(items[n].facts.drives for n in seeds if items[n].kind in _DECLARES))
    driven = frozenset().union(*(facts.drives for facts in own if facts.combinational))
    kept = set(seeds)
    for n, item in enumerate(items):
        facts = item.facts
        if facts.hidden or not names.isdisjoint(facts.drives) or not declared.isdisjoint(facts.mentions):
            kept.add(n)
    logic = {n: item.facts for n, item in enumerate(items) if n not in seeds and item.facts.combinational}
    _, reached = _reached(
        driven, {n: each.mentions for n, each in logic.items()}, {n: each.drives for n, each in logic.items()}
    )
    return kept | reached


def _reached(
    names: frozenset[str], takes: Mapping[int, frozenset[str]], gives: Mapping[int, frozenset[str]]
) -> tuple[frozenset[str], set[int]]:
    """(all names, all items) that can be got at from `names`: an item that takes one gives its own."""
    takers: dict[str, list[int]] = {}
    for n, taken in takes.items():
        for name in taken:
            takers.setdefault(name, []).append(n)
    seen, waiting, found = set(names), list(names), set[int]()
    while waiting:
        for n in takers.get(waiting.pop(), ()):
            if n not in found:
                found.add(n)
                fresh = gives[n] - seen
                seen |= fresh
                waiting += fresh
    return frozenset(seen), found


def _blanked(text: str, items: Iterable[_Item], dropped: frozenset[str]) -> str:
    pieces, at = [], 0
    for item in items:
        if item.text in dropped and item.kind in _DROPPABLE:
            pieces += [text[at : item.start], "\n" * item.text.count("\n")]
            at = item.end
    return "".join([*pieces, text[at:]])


@lru_cache(maxsize=4096)
def _facts(kind: str, text: str) -> _Facts:
    plain = _SILENT.sub(" ", text)
    mentions = frozenset(_WORD.findall(plain)) - KEYWORDS
    clocked = kind in _SEQUENTIAL or (kind == "AlwaysBlock" and _EDGE.search(plain) is not None)
    hidden = "`" in text or ".*" in plain
    if kind in _PASSIVE:
        return _Facts(mentions, frozenset(), False, False, hidden)
    if kind in _BLOCKS or (kind in _DECLARES and "=" in plain):
        connects = kind in _CONNECTS and _OPERATOR.search(plain) is None
        return _Facts(mentions, frozenset(_driven(plain, mentions)), not clocked, connects, hidden)
    return _Facts(mentions, mentions, not clocked and kind not in _DECLARES, False, hidden)


def _driven(plain: str, mentions: frozenset[str]) -> Iterator[str]:
    """The names that stand before an assignment in their statement; all of them behind a task's call."""
    plain = _LABEL.sub(r"\1", plain)
    while (shorter := _BRACKETED.sub(" ", plain)) != plain:
        plain = shorter
    pieces, choices, before = [*_STATEMENT.split(plain), ";"], 0, ""
    for statement, behind in zip(pieces[::2], pieces[1::2], strict=True):
        words = [word for word in _WORD.findall(statement) if word not in KEYWORDS]
        found = [match.start() for match in _ASSIGNS.finditer(statement)]
        choice = before == ":" and choices > 0
        choices += statement.count("?") - choice
        if found and "++" not in statement and "--" not in statement:
            yield from (word for word in _WORD.findall(statement[: found[-1]]) if word not in KEYWORDS)
        elif found:
            yield from words
        elif words and behind != ":" and not choice:
            yield from mentions
        before = behind
