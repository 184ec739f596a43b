"""What followed lines like these before: in this file, in the open files, in the project.

Earlier passages are found by the shape of the last lines; their names are mapped to today's (`analogy`),
and the lines that followed are proposed under today's names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtlwright.server.context.text import KEYWORDS, Token
from rtlwright.server.context.window import Context
from rtlwright.server.sources.analogy import Analogy
from rtlwright.server.sources.corpus import Corpus
from rtlwright.server.sources.lines import Text, indent_of, is_slot, line_tokens, shape_of
from rtlwright.server.types import Cancel, Candidate, SourceName

_DEPTH = 3
"""Lines before the cursor that are compared."""
_ANCHORS_HERE = 96
_ANCHORS_ELSEWHERE = 96
_MAX_BLOCK = 12
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class _Passage:
    """An earlier place whose next lines may be wanted here."""

    text: Text
    at: int
    """Index of the line that would come next."""
    analogy: Analogy
    exact: int
    """Context lines that are the same to the letter, from the nearest on."""
    similar: int
    """Context lines of the same shape, the exact ones among them."""
    here: bool
    rank: int
    """0 for the nearest such place."""


@dataclass(slots=True)
class _Proposal:
    line: str
    passage: _Passage
    score: float


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
        texts = self._corpus.texts(context, cancel)
        query = _Query(context, texts, cancel)
        return query.candidates(n)


class _Query:
    """One request."""

    def __init__(self, context: Context, texts: Sequence[Text], cancel: Cancel):
        self._context = context
        self._texts = texts
        self._cancel = cancel
        self._typed = context.line_prefix.strip()
        self._before = list(texts[0].lines[-_DEPTH:]) if texts else []
        self._known = self._known_names()

    def candidates(self, n: int) -> list[Candidate]:
        best: dict[str, _Proposal] = {}
        votes: dict[str, float] = {}
        for passage in self._passages():
            line = self._line_of(passage)
            if line is None:
                continue
            key = " ".join(line.split())
            score = self._score(passage, line)
            votes[key] = votes.get(key, 0.0) + score
            if key not in best or score > best[key].score:
                best[key] = _Proposal(line, passage, score)
        ranked = sorted(best, key=lambda key: -(best[key].score + 0.1 * min(votes[key], 5.0)))
        return self._written([best[key] for key in ranked[:n]], n)

    def _written(self, proposals: Sequence[_Proposal], n: int) -> list[Candidate]:
        """One-line candidates, and after the first one the block that it begins."""
        found: list[Candidate] = []
        for proposal in proposals:
            text = self._insertion(proposal.line)
            if text.strip():
                found.append(self._candidate(text, proposal))
                if len(found) == 1:
                    block = self._block(proposal)
                    if block:
                        more = self._context.newline.join([text, *block])
                        found.append(self._candidate(more, proposal, 0.05))
        return found[:n]

    def _candidate(self, text: str, proposal: _Proposal, penalty: float = 0.0) -> Candidate:
        score = min(-0.05, proposal.score - 3.0 - penalty)
        return Candidate(text, self._context.insertion(), SourceName.RECALL, None, round(score, 4))

    def _passages(self) -> Iterator[_Passage]:
        """Places where the lines before have the shape of those before the cursor; then those that begin alike."""
        if self._before:
            shape = shape_of(self._before[-1])
            for text, here in self._places():
                found = 0
                for at in text.with_shape(shape):
                    found += 1
                    if found > (_ANCHORS_HERE if here else _ANCHORS_ELSEWHERE) or at + 1 >= len(text.lines):
                        if at + 1 >= len(text.lines):
                            continue
                        break
                    passage = self._compare(text, at + 1, here, found)
                    if passage is not None:
                        yield passage
        if self._typed:
            yield from self._beginning_alike()

    def _beginning_alike(self) -> Iterator[_Passage]:
        first = line_tokens(self._typed)
        if len(first) < 2:
            return
        for text, here in self._places():
            for rank, at in enumerate(text.beginning(first[0].text)):
                if rank >= _ANCHORS_HERE:
                    break
                yield _Passage(text, at, Analogy(), 0, 0, here, rank)

    def _places(self) -> Iterator[tuple[Text, bool]]:
        path = self._context.path
        for text in self._texts:
            self._cancel.check()
            yield text, text.path == path

    def _compare(self, text: Text, at: int, here: bool, rank: int) -> _Passage | None:
        """How far back the lines before `at` are like those before the cursor."""
        analogy = Analogy()
        exact = similar = 0
        for back in range(1, min(_DEPTH, len(self._before), at) + 1):
            then, now = text.lines[at - back], self._before[-back]
            if text is self._texts[0] and at - back >= len(text.lines) - back + 0 and then is now:
                break  # the passage is the context itself
            if not analogy.learn(then, now):
                break
            similar += 1
            exact += exact == similar - 1 and then.split() == now.split()
        return _Passage(text, at, analogy, exact, similar, here, rank) if similar else None

    def _line_of(self, passage: _Passage) -> str | None:
        """The next line under today's names; None if it does not go on from what is typed."""
        then = passage.text.lines[passage.at]
        if not self._typed:
            return passage.analogy.apply(then).strip()
        analogy = self._joined(passage, then)
        if analogy is None:
            return None
        line = analogy.apply(then).strip()
        return line if _continues(line, self._typed) else None

    def _joined(self, passage: _Passage, then: str) -> Analogy | None:
        """The passage's analogy and what the typed part of the line adds to it."""
        typed, earlier = line_tokens(self._typed), line_tokens(then)
        whole = len(typed) - (typed[-1].kind == "word" and self._context.word != "")
        if len(earlier) < len(typed) or whole == 0 and not passage.similar:
            return None
        head = earlier[whole - 1].start + len(earlier[whole - 1].text) if whole else 0
        joined = Analogy(dict(passage.analogy.words), dict(passage.analogy.parts), set(passage.analogy.steps))
        end = typed[whole - 1].start + len(typed[whole - 1].text) if whole else 0
        if whole and not joined.learn(then[:head], self._typed[:end]):
            return None
        joined.last = passage.analogy.last
        return joined

    def _score(self, passage: _Passage, line: str) -> float:
        """Higher is likelier; 3 is nearly sure."""
        score = 0.55 * passage.exact + 0.3 * (passage.similar - passage.exact)
        score += 0.35 * passage.here - 0.01 * min(passage.rank, 20)
        score += 0.1 * len(line_tokens(self._typed)) if self._typed else 0.0
        unknown = [token for token in line_tokens(line) if self._is_unknown(token)]
        score -= 0.45 * min(len(unknown), 3)
        return score

    def _is_unknown(self, token: Token) -> bool:
        return token.kind == "word" and is_slot(token) and token.text not in self._known

    def _known_names(self) -> frozenset[str]:
        """Names that occur in this file: declared, or used and so likely to be."""
        return frozenset(_IDENTIFIER.findall(self._context.clean_prefix)) | KEYWORDS | frozenset(
            self._context.scope.names
        )

    def _block(self, proposal: _Proposal) -> list[str]:
        """The lines that followed, as long as their names are known and they belong to the first one."""
        passage = proposal.passage
        text, first = passage.text, passage.text.lines[passage.at]
        analogy = self._joined(passage, first) if self._typed else passage.analogy
        base, now = len(indent_of(first).expandtabs()), self._base_indent(first)
        found: list[str] = []
        for then in text.lines[passage.at + 1 : passage.at + _MAX_BLOCK]:
            if analogy is None or len(indent_of(then).expandtabs()) < base:
                break
            line = analogy.apply(then).strip()
            if any(self._is_unknown(token) for token in line_tokens(line)) or line.startswith("endmodule"):
                break
            extra = indent_of(then)[len(indent_of(first)) :]
            found.append(now + extra + line)
        return found if found and _balanced([proposal.line, *found]) else []

    def _base_indent(self, first: str) -> str:
        if self._typed or self._context.line_prefix:
            return self._context.indent
        return indent_of(first)

    def _insertion(self, line: str) -> str:
        """What is missing of the line after what is typed."""
        if not self._typed:
            return line if self._context.line_prefix else self._indent_here() + line
        return line[len(_head(line, self._typed)) :] if _continues(line, self._typed) else ""

    def _indent_here(self) -> str:
        """For an unindented empty line: the last line's indentation, a step in after an opener."""
        if not self._before:
            return ""
        return indent_of(self._before[-1])


def _continues(line: str, typed: str) -> bool:
    return _head(line, typed) != "" and len(_head(line, typed)) < len(line)


def _head(line: str, typed: str) -> str:
    """The beginning of `line` that reads as `typed` does, whatever the spacing; empty if it does not."""
    at = 0
    for character in typed:
        if character.isspace():
            continue
        while at < len(line) and line[at].isspace():
            at += 1
        if at >= len(line) or line[at] != character:
            return ""
        at += 1
    return line[:at]


def _balanced(lines: Sequence[str]) -> bool:
    """Whether the block opens as many `begin`s as it ends."""
    words = [token.text for line in lines for token in line_tokens(line) if token.kind == "word"]
    return words.count("begin") >= words.count("end") and "endmodule" not in words
