"""Answers of a completions API, put together from the chunks of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rtlwright.server.model.protocol import Generation

MAX_CHARACTERS = 1 << 18
"""Of one answer: a model that goes on for longer is broken."""


@dataclass
class _Choice:
    pieces: list[str] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    in_line: int = 0
    """Tokens of the first line that is not blank."""
    line_done: bool = False
    finished: str | None = None
    characters: int = 0


class AnswerBuilder:
    """Takes the chunks of one request for `n` answers."""

    def __init__(
        self, n: int, decode: Callable[[str], str], on_answer: Callable[[Generation], None] | None = None
    ):
        """`decode` turns the model's text into the user's."""
        self._choices = [_Choice() for _ in range(n)]
        self._decode = decode
        self._on_answer = on_answer
        self._counted = 0
        """Tokens as the server counts them, where it does."""

    @property
    def begun(self) -> bool:
        """Something has come: asking again would mix two answers."""
        return any(choice.pieces or choice.finished for choice in self._choices)

    @property
    def complete(self) -> bool:
        return all(choice.finished for choice in self._choices)

    def take(self, chunk: Mapping[str, Any]) -> None:
        """One event of the stream; parts that are not as the API has them are left out."""
        usage = chunk.get("usage")
        if isinstance(usage, dict) and isinstance(usage.get("completion_tokens"), int):
            self._counted = usage["completion_tokens"]
        choices = chunk.get("choices")
        for raw in choices if isinstance(choices, list) else ():
            index = raw.get("index", 0) if isinstance(raw, dict) else -1
            if isinstance(index, int) and 0 <= index < len(self._choices):
                self._add(self._choices[index], raw)

    def answers(self) -> list[Generation]:
        return [self._generation(choice) for choice in self._choices]

    def _add(self, choice: _Choice, raw: Mapping[str, Any]) -> None:
        if choice.finished:
            return
        delta = raw.get("delta")
        text = delta.get("content") if isinstance(delta, dict) else raw.get("text")
        if isinstance(text, str) and text:
            choice.pieces.append(text)
            choice.characters += len(text)
        found, tokens = _logprobs(raw.get("logprobs")), _tokens(raw.get("logprobs"))
        if not choice.line_done:
            before = "".join(choice.pieces[:-1] if text else choice.pieces)
            choice.in_line = len(choice.logprobs) + _in_line(before, tokens, len(found))
            choice.line_done = "\n" in "".join(choice.pieces).lstrip()
        choice.logprobs += found
        reason = raw.get("finish_reason")
        if choice.characters > MAX_CHARACTERS:
            reason = "length"
        if isinstance(reason, str):
            choice.finished = reason
            if self._on_answer:
                self._on_answer(self._generation(choice))

    def _generation(self, choice: _Choice) -> Generation:
        finished: Literal["stop", "length"] = "stop" if choice.finished == "stop" else "length"
        logprobs = choice.logprobs
        mean = sum(logprobs) / len(logprobs) if logprobs else 0.0
        text = self._decode("".join(choice.pieces))
        tokens = len(logprobs) or self._counted
        return Generation(text, mean, sum(logprobs[: choice.in_line]), tokens, finished)


def _in_line(before: str, tokens: list[str], count: int) -> int:
    r"""How many tokens of a chunk belong to the first line that is not blank; all where they are not named.

    >>> _in_line("  assign", [" y", ";", "\\n", "end"], 4)
    3
    """
    if len(tokens) != count:
        return count
    for index, token in enumerate(tokens, 1):
        before += token
        if "\n" in before.lstrip():
            return index
    return count


def _tokens(raw: object) -> list[str]:
    """Their texts, where the server says them: a chunk may hold several."""
    listed = raw.get("tokens") if isinstance(raw, Mapping) else None
    return [str(token) for token in listed] if isinstance(listed, list) else []


def _logprobs(raw: object) -> list[float]:
    """vLLM and OpenAI: `{"token_logprobs": […]}`; llama.cpp: `{"content": [{"logprob": …}]}`."""
    if not isinstance(raw, Mapping):
        return []
    plain = raw.get("token_logprobs")
    if isinstance(plain, list):
        return [float(value) for value in plain if isinstance(value, int | float)]
    content = raw.get("content")
    listed = content if isinstance(content, list) else []
    found = [token.get("logprob") for token in listed if isinstance(token, Mapping)]
    return [float(value) for value in found if isinstance(value, int | float)]
