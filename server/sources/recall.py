"""What followed lines like these before: in this file, in the open files, in the project.

Earlier passages are found by the shape of the last lines; their names are mapped to today's (`analogy`),
and the lines that followed are proposed under today's names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rtlwright.server.context.scope import CLOSES
from rtlwright.server.context.text import Token
from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.sources.analogy import Analogy
from rtlwright.server.sources.blocks import UNIT_CLOSERS, is_announced, opener_indent
from rtlwright.server.sources.corpus import Corpus
from rtlwright.server.sources.likelihood import Evidence, log_probability
from rtlwright.server.sources.lines import Text, flat_of, indent_of, is_slot, line_tokens
from rtlwright.server.sources.passages import Passage, passages
from rtlwright.server.types import Cancel, Candidate, SourceName

_MAX_BLOCK = 12
_LEAST = -4.0
"""What is less likely than this (2 in 100) is not proposed."""
_JUST_WRITTEN = 0.7
"""What a log-probability comes to where the user has written the line a moment ago: the same change is often
wanted in several places. Not fitted: recordings of edits are lacking."""


@dataclass(slots=True)
class Proposal:
    """One line, and the passages that speak for it, the best first."""

    line: str
    reading: int
    """0 for a passage's first reading, see `Analogy.apply`."""
    passages: list[Passage] = field(default_factory=list)
    evidence: Evidence | None = None
    score: float = 0.0


class RecallSource:
    """A `Source`. Thread-safe; deterministic for a given sequence of requests."""

    name = SourceName.RECALL

    def __init__(self, max_files: int = 40, max_lines: int = 6_000):
        """`max_files` of the project are searched, `max_lines` of each file."""
        self._corpus = Corpus(max_files, max_lines)

    def propose(self, context: Context, n: int, cancel: Cancel) -> list[Candidate]:
        """Raises `Cancelled`."""
        if not context.in_code or n <= 0 or context.line_suffix.strip(" \t);,"):
            return []
        query = Query(context, self._corpus.texts(context, cancel), cancel)
        return query.candidates(n)


class Query:
    """One request."""

    def __init__(self, context: Context, texts: Sequence[Text], cancel: Cancel):
        self._context = context
        self._head = texts[0]
        self._typed = context.line_prefix.strip()
        self._typed_tokens = line_tokens(self._typed)
        self._passages = list(passages(texts, self._typed, cancel))
        edited = (edit.text.split("\n") for edit in context.recent_edits)
        self._just_written = {line.strip() for lines in edited for line in lines}

    def candidates(self, n: int) -> list[Candidate]:
        """One-line candidates, and after the first one the block that it begins."""
        found: list[Candidate] = []
        for proposal in self.proposals():
            text = self._insertion(proposal.line)
            if not text.strip() or proposal.score < _LEAST or len(found) >= n:
                continue
            found.append(self._candidate(text, proposal.score))
            block = self._block(proposal) if len(found) == 1 else []
            if block:
                more = self._context.newline.join([text, *block])
                found.append(self._candidate(more, proposal.score - 0.1))
        return found[:n]

    def proposals(self) -> list[Proposal]:
        """Distinct lines with their scores, the likeliest first."""
        found: dict[str, Proposal] = {}
        for passage in self._passages:
            for reading, line in enumerate(self._lines_of(passage)):
                found.setdefault(flat_of(line), Proposal(line, reading)).passages.append(passage)
        total = sum(len(proposal.passages) for proposal in found.values())
        for proposal in found.values():
            proposal.evidence = self._evidence(proposal, total)
            proposal.score = log_probability(proposal.evidence)
            if any(passage.line.strip() in self._just_written for passage in proposal.passages):
                proposal.score *= _JUST_WRITTEN
        return sorted(found.values(), key=lambda proposal: -proposal.score)

    def _evidence(self, proposal: Proposal, total: int) -> Evidence:
        place, analogy = proposal.passages[0].place, proposal.passages[0].analogy
        tokens = line_tokens(proposal.line)
        names = [token for token in tokens if token.kind == "word" and is_slot(token)]
        return Evidence(
            exact=place.exact,
            similar=place.similar,
            alike=place.alike,
            here=place.here,
            nearest=place.rank == 0,
            second=proposal.reading > 0,
            same_names=analogy.is_identity,
            unknown=sum(not self._head.mentions(token.text) for token in names),
            present=self._is_present(proposal.line),
            agreement=len(proposal.passages) / total,
            places=total,
            tokens=len(tokens),
            typed=len(self._typed_tokens),
            short=not names,
        )

    def _is_present(self, line: str) -> bool:
        return any(True for _ in self._head.equal(flat_of(line)))

    def _lines_of(self, passage: Passage) -> list[str]:
        """The next line under today's names, in its readings; those that go on from what is typed."""
        analogy = self._joined(passage)
        if analogy is None:
            return []
        lines = [line.strip() for line in analogy.apply(passage.line)]
        return [line for line in lines if line_tokens(line) and self._continues(line)]

    def _joined(self, passage: Passage) -> Analogy | None:
        """The passage's analogy, and what the typed part of the line adds to it; None if that contradicts."""
        if not self._typed:
            return passage.analogy
        typed, then = self._typed_tokens, line_tokens(passage.line)
        whole = len(typed) - bool(self._context.word)
        if len(then) < len(typed) or (whole == 0 and not passage.place.similar):
            return None
        joined = passage.analogy.copy()
        if whole and not joined.learn(_first(passage.line, then, whole), _first(self._typed, typed, whole)):
            return None
        return joined

    def _block(self, proposal: Proposal) -> list[str]:
        """The lines that followed, as long as their names are known and they belong to the first one."""
        passage = proposal.passages[0]
        text, at = passage.place.text, passage.place.at
        analogy = self._joined(passage)
        base = indent_of(passage.line)
        now = self._context.indent if self._context.line_prefix else self._indent_here(base)
        found: list[str] = []
        before = text.flats[at - 1] if passage.place.similar else None
        for number in range(at + 1, min(at + _MAX_BLOCK, len(text.lines))):
            then = text.lines[number]
            if analogy is None or len(indent_of(then).expandtabs()) < len(base.expandtabs()):
                break
            if text.flats[number] == before:  # the next repetition begins
                break
            line = analogy.apply(then)[0].strip()
            if line.startswith("endmodule") or any(self._is_unknown(token) for token in line_tokens(line)):
                break
            found.append(now + indent_of(then)[len(base) :] + line)
        return _balanced(proposal.line, found)

    def _continues(self, line: str) -> bool:
        if self._typed:
            return 0 < _head_length(line, self._typed) < len(line)
        return self._may_close(line_tokens(line)[0].text)

    def _may_close(self, word: str) -> bool:
        """False for the end of a block that is not open, or would not stand where it belongs."""
        if word in UNIT_CLOSERS:
            return False  # structure has it at its own indentation
        openers = CLOSES.get(word)
        if openers is None:
            return True
        context = self._context
        blocks = context.scope.blocks
        if not blocks or blocks[-1] not in openers or is_announced(context):
            return False
        return (context.line_prefix or self._indent_here("")) == opener_indent(context)

    def _is_unknown(self, token: Token) -> bool:
        return token.kind == "word" and token.text not in KEYWORDS and not self._head.mentions(token.text)

    def _insertion(self, line: str) -> str:
        """What is missing of the line after what is typed."""
        if self._typed:
            rest = line[_head_length(line, self._typed) :]
            return rest.lstrip() if self._context.line_prefix[-1:].isspace() else rest
        return line if self._context.line_prefix else self._indent_here("") + line

    def _indent_here(self, otherwise: str) -> str:
        """For a line where no indentation is typed yet: that of the line before."""
        return indent_of(self._head.lines[-1]) if self._head.lines else otherwise

    def _candidate(self, text: str, score: float) -> Candidate:
        return Candidate(text, self._context.insertion(), SourceName.RECALL, None, round(score, 4))


def _first(line: str, tokens: Sequence[Token], count: int) -> str:
    """The first `count` tokens of a line, as text."""
    last = tokens[count - 1]
    return line[: last.start + len(last.text)]


def _head_length(line: str, typed: str) -> int:
    """How much of `line` reads as `typed` does, whatever the spacing; 0 if it begins otherwise."""
    at = 0
    for character in typed:
        if character.isspace():
            continue
        while at < len(line) and line[at].isspace():
            at += 1
        if at >= len(line) or line[at] != character:
            return 0
        at += 1
    return at


def _balanced(first: str, lines: list[str]) -> list[str]:
    """What closes the block that `first` opens; else the longest head of `lines` that leaves none open."""
    opens = depth = _depth(first)
    best = 0
    for count, line in enumerate(lines, 1):
        depth += _depth(line)
        if depth < 0:
            break
        best = count if depth == 0 else best
        if best and opens > 0:
            break
    return lines[:best]


def _depth(line: str) -> int:
    words = [token.text for token in line_tokens(line) if token.kind == "word"]
    return sum(word in _OPENERS for word in words) - sum(word in _CLOSERS for word in words)


_OPENERS = frozenset({"begin", "case", "casez", "casex", "function", "task", "generate"})
_CLOSERS = frozenset({"end", "endcase", "endfunction", "endtask", "endgenerate"})
