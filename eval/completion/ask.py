"""One cut put to the product and to the baselines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rtlwright.eval.completion.cuts import Cut, Kind, read, sources
from rtlwright.eval.completion.ngram import Trigram, repeat_line
from rtlwright.eval.completion.similarity import edit_similarity, exact, first_line
from rtlwright.eval.score import Letter, Score
from rtlwright.server.context.line_map import LineMap
from rtlwright.server.local import LocalService
from rtlwright.server.types import (
    Cancel,
    CompletionRequest,
    Document,
    Position,
    SourceName,
    Status,
    Suggestion,
)

ALL = "together"
BASELINES = ("repeat-line", "n-gram")
WAYS = (ALL, *(str(source) for source in SourceName), *BASELINES)
_CANDIDATES = 8
"""Enough that no source's best one is crowded out by the others'."""
_WHOLE = (Kind.BLOCK, Kind.PORT_MAP)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one way proposes; `checked` is None where no gate has seen it."""

    text: str
    sure: float
    """Probability that its first line is right, as the source estimates it."""
    checked: bool | None


class Asker:
    """Asks `service` (opened on the repository) as an editor does while somebody types.

    The trigram model learns from the other files.
    """

    def __init__(self, service: LocalService):
        self._service = service
        self._grams: dict[object, Trigram] = {}

    def proposals(self, cut: Cut) -> dict[str, Proposal]:
        """Way → its first proposal; ways without one are left out."""
        document = Document.of(cut.file, cut.prefix + cut.rest)
        line, character = LineMap(cut.prefix).position(len(cut.prefix))
        request = CompletionRequest(document, Position(line, character), _CANDIDATES)
        answer = self._service.complete(request, Cancel())
        found: dict[str, Proposal] = {}
        if answer.suggestions:
            found[ALL] = _proposal(answer.suggestions[0], cut)
        for source in SourceName:
            own = [s for s in (*answer.suggestions, *answer.rejected) if s.source is source]
            if own:
                found[str(source)] = _proposal(max(own, key=lambda s: s.score), cut)
        typed = cut.prefix.split("\n")[-1]
        for name, text in (
            ("repeat-line", repeat_line(cut.prefix)), ("n-gram", self._gram(cut).rest_of_line(typed)),
        ):  # fmt: skip
            if text:
                found[name] = Proposal(text, 1.0, None)
        return found

    def _gram(self, cut: Cut) -> Trigram:
        if cut.file not in self._grams:
            self._grams.clear()
            others = [file for file in sources(cut.root) if file != cut.file][:200]
            self._grams[cut.file] = Trigram([text for file in others if (text := read(file)) is not None])
        gram = self._grams[cut.file]
        gram.learn(f"{cut.prefix}\n{cut.rest}")
        return gram


def _proposal(suggestion: Suggestion, cut: Cut) -> Proposal:
    """The text from the cursor on: a suggestion may begin before it."""
    lines = LineMap(cut.prefix)
    start = lines.offset(suggestion.range.start.line, suggestion.range.start.character)
    typed = cut.prefix[start:]
    text = suggestion.text[len(typed) :] if suggestion.text.startswith(typed) else suggestion.text
    passed = suggestion.verdict.status in (Status.PASS, Status.WARN)
    return Proposal(text, math.exp(min(0.0, suggestion.score)), passed)


def score(cut: Cut, proposal: Proposal | None, at_least: float) -> Score:
    """`outputs` has the edit similarity, and the characters that are shown and right, or shown and wrong.

    Shown is what the gate lets pass (a baseline has no gate) and whose probability is `at_least`. Blocks and
    port maps are compared as wholes, lines as first lines.
    """
    if proposal is None:
        counts = {"wanted": len(cut.wanted.strip())}
        return Score(False, Letter.NO_ANSWER, "nothing proposed", False, outputs=counts)
    whole = cut.kind in _WHOLE
    text = proposal.text if whole else first_line(proposal.text)
    right = exact(text, cut.wanted)
    shown = proposal.checked is not False and proposal.sure >= at_least
    counts = {
        "edit similarity": edit_similarity(text.strip(), cut.wanted.strip()),
        "saved": len(cut.wanted.strip()) if shown and right else 0,
        "wrong": len(text.strip()) if shown and not right else 0,
        "wanted": len(cut.wanted.strip()),
    }
    letter = Letter.PASS if right else Letter.OTHER_TEXT
    return Score(right, letter, "equal" if right else "another text", bool(proposal.checked), outputs=counts)
