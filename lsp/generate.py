"""`rtlwright.generate`: a checked module from a specification, put where it was asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from rtlwright.lsp.arguments import Arguments
from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.candidates import Answers
from rtlwright.lsp.edits import workspace_edit
from rtlwright.lsp.feedback import Feedback
from rtlwright.lsp.notices import Show
from rtlwright.lsp.progress import Report, WorkProgress
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.lsp.specification import comment_at
from rtlwright.server.actions.edits import TextEdit
from rtlwright.server.present_json import suggestion_json
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    Completion,
    GenerateRequest,
    Range,
    Suggestion,
)

NOTHING_ASKED = "nothing to generate from: give a specification, or stand in or below a comment that is one"


GONE = "the module is not there any more as it was written; nothing was replaced"
REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the module shall stand, in a form that survives edits made meanwhile."""

    buffer: Buffer
    offset: int
    anchor: str
    """Text that ends at `offset`; empty for the cursor."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A module that was offered, and what else there is for its specification."""

    suggestion: Suggestion
    left: tuple[Suggestion, ...]
    spec: str
    place: _Place | None
    round: int


class Generate:
    """`rtlwright.generate`, argument `{spec?, uri?, position?, n?, apply?}`, and `rtlwright.another`.

    Without `spec`, the comment at `position` is the specification and the module follows it; without
    `uri`, the text is only returned. The module is inserted with `workspace/applyEdit`, unless `apply` is
    false: then the client shows `edit` to the user first, and says `rtlwright.accepted` if it is taken.
    """

    def __init__(
        self,
        server: LanguageServer,
        session: Session,
        services: Services,
        runner: Runner,
        feedback: Feedback,
        answers: Answers,
        show: Show,
    ):
        self._server = server
        self._session = session
        self._services = services
        self._runner = runner
        self._feedback = feedback
        self._answers = answers
        self._written: OrderedDict[str, _Written] = OrderedDict()
        self._show = show
        self._progress = WorkProgress(server, session)

    async def run(self, params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        """`{id, text, verdict, agreement, alternatives, edit, applied}`; None where nothing was written."""
        arguments = Arguments.of(params)
        spec, place = self._asked(arguments)
        if not spec:
            self._show(NOTHING_ASKED)
            return None
        completion = await self._write(spec, place, arguments.count(64, 0), 0, params.work_done_token)
        if completion is None:
            return None
        best, *left = completion.suggestions
        written = self._remember(_Written(best, tuple(left), spec, place, 0))
        applied = False
        if place is not None and arguments.flag("apply", True):
            applied = await self._apply(best.text, place)
        return self._told(written, completion, applied)

    async def another(self, params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        """Argument `{id, apply?}`: the next module for the same specification, in the place of that one."""
        arguments = Arguments.of(params)
        old = self._written.get(arguments.id())
        if old is None:
            self._show("there is no such module to replace; write one first")
            return None
        completion = Completion(old.left)
        if not old.left:
            round = old.round + 1
            fresh = await self._write(old.spec, old.place, 0, round, params.work_done_token)
            if fresh is None:
                return None
            completion, old = fresh, _Written(old.suggestion, (), old.spec, old.place, round)
        best, *left = completion.suggestions
        written = self._remember(_Written(best, tuple(left), old.spec, old.place, old.round))
        applied = False
        if old.place is not None and arguments.flag("apply", True):
            applied = await self._replace(old, best.text)
        self._feedback.replaced(old.suggestion.id)
        return self._told(written, completion, applied)

    async def _write(
        self, spec: str, place: _Place | None, n: int, round: int, token: types.ProgressToken | None
    ) -> Completion | None:
        """With progress; `n` 0: as configured. None: nothing may be shown, and the user has been told."""
        cancel = Cancel()
        try:
            async with self._progress.shown("Writing a module", cancel, token) as report:
                ask = partial(self._ask, spec, place, n, round, cancel, report)
                completion = await self._runner.run(cancel, ask)
        except Cancelled:
            return None
        if completion is None:
            return None
        self._answers.remember(completion)
        if not completion.suggestions:
            notes = "; ".join(completion.notes)
            self._show(
                f"no candidate passed the checks ({len(completion.rejected)} rejected) {notes}".strip()
            )
            return None
        return completion

    def _asked(self, arguments: Arguments) -> tuple[str, _Place | None]:
        """The specification, and the place if there is one."""
        spec = arguments.text("spec").strip()
        buffer = self._session.buffer(arguments.text("uri"))
        if buffer is None:
            return spec, None
        position = arguments.position()
        cursor = buffer.offset(position) if position else len(buffer.text)
        block = None if spec else comment_at(buffer.text, cursor)
        if block is not None:
            return block.spec, _Place(buffer, block.end, block.comment)
        return spec, _Place(buffer, cursor, "")

    def _ask(
        self, spec: str, place: _Place | None, n: int, round: int, cancel: Cancel, report: Report
    ) -> Completion:
        """In a worker thread."""
        path = path_of(place.buffer.uri) if place else None
        entry = self._services.at(path)
        count = n or entry.config.generate.n
        if place is None:
            request = GenerateRequest(spec, count, round=round)
        else:
            language = self._session.document(place.buffer).language
            request = GenerateRequest(spec, count, language=language, project_file=path, round=round)
        return entry.service.generate(request, cancel, report)

    def _remember(self, written: _Written) -> _Written:
        self._written[written.suggestion.id] = written
        while len(self._written) > REMEMBERED:
            self._written.popitem(last=False)
        return written

    def _told(self, written: _Written, completion: Completion, applied: bool) -> dict[str, Any]:
        """The command's result; what is in the text now was accepted."""
        place, suggestion = written.place, written.suggestion
        uri = place.buffer.uri if place else ""
        self._feedback.generated(suggestion, uri)
        self._feedback.listed(uri, completion.suggestions)
        if applied:
            self._feedback.accepted(suggestion.id, "generated")
        return {
            "id": suggestion.id,
            "text": suggestion.text,
            "verdict": asdict(suggestion.verdict),
            "agreement": completion.agreement,
            "alternatives": [suggestion_json(other) for other in written.left],
            "edit": _edit_json(place) if place is not None else None,
            "applied": applied,
        }

    async def _apply(self, module: str, place: _Place) -> bool:
        """False if the place is gone, or the client would not."""
        buffer = self._session.buffer(place.buffer.uri)
        offset = _found_again(place, buffer) if buffer is not None else None
        if buffer is None or offset is None:
            self._show("the document has changed where the module should go; it was not inserted")
            return False
        before, after = _around(buffer, offset)
        return await self._edited(buffer, offset, offset, before + _as_in(buffer, module) + after)

    async def _replace(self, old: _Written, module: str) -> bool:
        """In the place of an earlier one, where that stands as it was written."""
        buffer = self._session.buffer(old.place.buffer.uri) if old.place else None
        text = _as_in(buffer, old.suggestion.text) if buffer else ""
        start = buffer.text.find(text) if buffer else -1
        if buffer is None or start < 0:
            self._show(GONE)
            return False
        return await self._edited(buffer, start, start + len(text), _as_in(buffer, module))

    async def _edited(self, buffer: Buffer, start: int, end: int, text: str) -> bool:
        edit = TextEdit(Range(buffer.utf16(start), buffer.utf16(end)), text)
        whole = workspace_edit(self._session, buffer, [edit])
        assert whole is not None, "no file is made"
        params = types.ApplyWorkspaceEditParams(whole, label="rtlwright: generate")
        return bool((await self._server.workspace_apply_edit_async(params)).applied)


def _edit_json(place: _Place) -> dict[str, Any]:
    """Where the module goes in the document as it was asked about, and what stands before and after it."""
    here = place.buffer.position(place.offset)
    before, after = _around(place.buffer, place.offset)
    position = {"line": here.line, "character": here.character}
    return {"version": place.buffer.version, "position": position, "before": before, "after": after}


def _around(buffer: Buffer, offset: int) -> tuple[str, str]:
    """Line ends around a module put at `offset`: it begins a line of its own, and ends it."""
    end = _newline(buffer)
    return end if offset and buffer.text[offset - 1] not in "\r\n" else "", end


def _as_in(buffer: Buffer, module: str) -> str:
    """Without the end of its last line, and with the line ends of the document."""
    return module.rstrip("\n").replace("\n", _newline(buffer))


def _newline(buffer: Buffer) -> str:
    return "\r\n" if "\r\n" in buffer.text else "\n"


def _found_again(place: _Place, now: Buffer) -> int | None:
    """The place in the document as it is now: at the same index if all before it is as it was."""
    if now.text.startswith(place.buffer.text[: place.offset]):
        return place.offset
    start = now.text.find(place.anchor) if place.anchor else -1
    return start + len(place.anchor) if start >= 0 else None
