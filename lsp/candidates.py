"""`rtlwright.candidates`: every candidate of an answer with its verdict, for the editor's panel."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lsprotocol import types

from rtlwright.lsp.arguments import Arguments
from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.feedback import Feedback
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.lsp.words import how_checked
from rtlwright.server.present_json import completion_json, suggestion_json
from rtlwright.server.types import Cancel, Cancelled, Completion, CompletionRequest, Suggestion

ASKED = 5
"""Distinct candidates that are asked for by hand, unless the client says how many."""
REMEMBERED = 400


@dataclass(frozen=True, slots=True)
class _Answer:
    """Ranges mean nothing but in the text that was asked about."""

    buffer: Buffer
    completion: Completion


class Answers:
    """The last answer for each document, with what the gate rejected, and every suggestion for a while."""

    def __init__(self) -> None:
        self._last: dict[str, _Answer] = {}
        self._by_id: OrderedDict[str, Suggestion] = OrderedDict()

    def put(self, buffer: Buffer, completion: Completion) -> None:
        self._last[buffer.uri] = _Answer(buffer, completion)
        self.remember(completion)

    def remember(self, completion: Completion) -> None:
        """To be explained when asked; the oldest are forgotten."""
        for suggestion in (*completion.suggestions, *completion.rejected):
            self._by_id[suggestion.id] = suggestion
        while len(self._by_id) > REMEMBERED:
            self._by_id.popitem(last=False)

    def suggestion(self, id: str) -> Suggestion | None:
        return self._by_id.get(id)

    def get(self, uri: str) -> _Answer | None:
        return self._last.get(uri)

    def forget(self, uri: str) -> None:
        self._last.pop(uri, None)


class Candidates:
    """Argument of the command: `{uri, position?, n?}`.

    Without `position`, the last answer for the document; with it, the service is asked anew, as by hand.
    """

    def __init__(
        self, session: Session, services: Services, runner: Runner, feedback: Feedback, answers: Answers
    ):
        self._session = session
        self._services = services
        self._runner = runner
        self._feedback = feedback
        self._answers = answers

    async def run(self, params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        """`{version, suggestions, rejected, notes, timings}`; suggestions as `complete --json` has them."""
        asked = Arguments.of(params)
        uri = asked.text("uri")
        buffer = self._session.buffer(uri)
        if buffer is None:
            return None
        position = asked.position()
        if position is not None:
            await self._ask(buffer, position, asked.count(16, ASKED))
        answer = self._answers.get(uri)
        return _json(answer) if answer is not None else None

    async def _ask(self, buffer: Buffer, position: types.Position, count: int) -> None:
        request = CompletionRequest(
            self._session.document(buffer),
            buffer.utf16(buffer.offset(position)),
            count,
            open_documents=self._session.others(buffer.uri),
            manual=True,
        )
        cancel = Cancel()
        try:
            completion = await self._runner.run(cancel, partial(self._complete, buffer.uri, request, cancel))
        except Cancelled:
            return
        if completion is not None:
            self._answers.put(buffer, completion)
            self._feedback.listed(buffer.uri, completion.suggestions)

    def _complete(self, uri: str, request: CompletionRequest, cancel: Cancel) -> Completion:
        """In a worker thread."""
        return self._services.at(path_of(uri)).service.complete(request, cancel)


def _json(answer: _Answer) -> dict[str, Any]:
    def shown(suggestion: Suggestion) -> dict[str, Any]:
        found = answer.buffer.client_range(suggestion.range)
        checked = {"checked": how_checked(suggestion)}
        return (
            suggestion_json(suggestion)
            | checked
            | {"range": {"start": _dict(found.start), "end": _dict(found.end)}}
        )

    completion = answer.completion
    return completion_json(replace(completion, suggestions=())) | {
        "version": answer.buffer.version,
        "suggestions": [shown(suggestion) for suggestion in completion.suggestions],
        "rejected": [shown(suggestion) for suggestion in completion.rejected],
        "notes": list(completion.notes),
    }


def _dict(position: types.Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}
