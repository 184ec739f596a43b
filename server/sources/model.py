"""The model as a source: prompts at word boundaries, and one-line and block candidates of each answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rtlwright.server.check.text.lexer import tokens
from rtlwright.server.check.text.structure import scan
from rtlwright.server.context.window import Context
from rtlwright.server.model.protocol import Generation, Model, ReadsAhead, Sampling
from rtlwright.server.model.shared import SharedLines
from rtlwright.server.sources.confidence import log_probability
from rtlwright.server.types import Cancel, Candidate, Position, Range, SourceName

_WORD_TAIL = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*\Z")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_ENDED = re.compile(r"(?:[;,:({)]|\b(?:begin|end\w*|else)(?:\s*:\s*\w+)?)\s*(?://.*)?\Z|\A\s*(?://.*|`.*)?\Z")
_HYPOTHESES = 2
_BLOCK_LINES = 12
_SPARE = 3
"""The gate will reject some."""
_LINE_TOKENS = 48
"""A line that is longer is none that one waits for."""
_GROWTH = 6
"""How often a block that was begun is taken on."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the model is asked to go on, and what is expected of its answer."""

    prefix: str
    expected: str = ""
    """The answer must begin with it; it stands in the file already."""
    rest: str = ""
    """What the prompt has and the file does not: inserted before the answer."""


class ModelSource:
    """Fill-in-the-middle through a `Model`.

    A prompt that ends within a word is split into tokens otherwise than the text that the model learned
    from. So the typed part of a word is taken off the prompt, and answers that do not begin with it are
    dropped. The names of the document that begin so are tried as well.
    """

    name = SourceName.MODEL

    def __init__(self, model: Model, max_tokens: int, temperature: float):
        self._model = model
        self._max_tokens = max_tokens
        self._temperature = temperature

    def propose(self, context: Context, n: int, cancel: Cancel) -> list[Candidate]:
        """At most `n` distinct candidates (some more where the user waits for them), best first.

        Raises:
            ModelError, Cancelled: from the model.
        """
        n += _SPARE if context.manual else 0
        # Nobody has asked to choose: the greedy answer alone comes a hundred milliseconds sooner.
        samples = n if context.manual else 1
        single = bool(context.line_suffix.strip())
        found: dict[str, Candidate] = {}
        for start in _starts(context):
            wanted = max(1, samples - len(found)) if not found else 1
            sampling = Sampling(wanted, self._max_tokens, self._temperature, single_line=single)
            answers = self._model.fill(start.prefix, context.suffix, sampling, cancel)
            if answers and not single:
                answers[0] = self._grown(answers[0], start, context.suffix, sampling, cancel)
            for answer in answers:
                for text in _texts(answer, start, single):
                    found.setdefault(" ".join(text.split()), self._offer(context, text, answer.line_logprob))
            if len(found) >= samples:
                break
        return sorted(found.values(), key=lambda c: -c.score)[:n]

    def first_line(self, context: Context, lines: SharedLines, cancel: Cancel) -> list[Candidate]:
        """The greedy answer's first line alone, from `lines`: a tenth of the time that a block takes.

        Raises:
            ModelError, Cancelled: from the model.
        """
        return [self._offer(context, text, logprob) for text, logprob in self.bets(context, lines, cancel)]

    def bets(self, context: Context, lines: SharedLines | Model, cancel: Cancel) -> list[tuple[str, float]]:
        """(the greedy answer's first line, the model's log-probability of it), or nothing."""
        single = bool(context.line_suffix.strip())
        sampling = Sampling(
            1,
            self._max_tokens,
            self._temperature,
            single_line=single,
            first_line=True,
            answer_tokens=min(_LINE_TOKENS, self._max_tokens),
        )
        for start in _starts(context):
            for answer in lines.fill(start.prefix, context.suffix, sampling, cancel):
                for text in _texts(answer, start, single):
                    return [(text, answer.line_logprob)]
        return []

    def read_ahead(self, context: Context, cancel: Cancel) -> None:
        """What the model can do before it is known what is typed here."""
        if isinstance(self._model, ReadsAhead):
            (start, *_) = _starts(context)
            self._model.read_ahead(start.prefix, context.suffix, self._max_tokens, cancel)

    def _grown(
        self, answer: Generation, start: _Start, suffix: str, sampling: Sampling, cancel: Cancel
    ) -> Generation:
        """The answer, taken to the end of the block that it begins: a `begin` alone helps nobody."""
        more = answer
        for _ in range(_GROWTH):
            if more.finished != "stop" or "<|" in answer.text or not scan(tokens(answer.text)).frames:
                break
            found = self._model.fill(start.prefix + answer.text, suffix, replace(sampling, n=1), cancel)
            if not found or not found[0].text.strip():
                break
            more = found[0]
            answer = replace(answer, text=answer.text + more.text, finished=more.finished)
        return answer

    def _offer(self, context: Context, text: str, line_logprob: float) -> Candidate:
        at = Range.at(Position(context.position.line, context.position.character))
        # The other sources' scores are log-probabilities of a first line too. A block is a longer promise:
        # of two cuts of one answer the line comes first.
        penalty = 0.01 * text.strip().count("\n")
        score = log_probability(text.strip().split("\n")[0], line_logprob) - penalty
        return Candidate(text, at, SourceName.MODEL, self._model.name, score)


def _starts(context: Context) -> list[_Start]:
    """The word-boundary prompt first; then, within a word, one for each name that the word may become."""
    word = _WORD_TAIL.search(context.line_prefix)
    typed = word[0] if word else ""
    bare = context.prefix[: len(context.prefix) - len(typed)]
    starts = [_Start(bare, expected=typed)]
    names = _names_beginning(typed, bare + context.suffix) if typed else []
    starts += [_Start(bare + name, rest=name[len(typed) :]) for name in names[:_HYPOTHESES]]
    return starts


def _names_beginning(typed: str, text: str) -> list[str]:
    """Longer names of the document that begin with `typed`, the most frequent first."""
    counts: dict[str, int] = {}
    for name in _WORD.findall(text):
        if name.startswith(typed) and name != typed:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: -counts[name])


def _texts(answer: Generation, start: _Start, single: bool) -> list[str]:
    """The first line and, where wanted and there, the block; nothing if the head does not fit."""
    if not answer.text.startswith(start.expected):
        return []
    text = start.rest + answer.text[len(start.expected) :]
    text, token, _ = text.partition("<|")  # a slot that was never given out, or another token: no HDL
    lines = text.split("\n")
    if not single and (token or answer.finished == "length" or not _ENDED.search(lines[-1])):
        lines = lines[:-1]  # it was cut off, or it breaks off: with nothing after it, half a line is no help
    while lines and lines[-1].lstrip().startswith("//"):
        lines = lines[:-1]  # it leads to nothing
    first = _first_line(lines)
    if single:
        return [first] if first.strip() else []
    if first.lstrip().startswith("//"):
        first = ""  # a remark alone is no help
    block = "\n".join(lines[:_BLOCK_LINES]).rstrip()
    return [t for t in dict.fromkeys((first, block)) if t.strip() and _ENDED.search(t.rsplit("\n", 1)[-1])]


def _first_line(lines: list[str]) -> str:
    """Up to and including the first line with something in it."""
    for count, line in enumerate(lines, 1):
        if line.strip():
            return "\n".join(lines[:count]).rstrip()
    return ""
