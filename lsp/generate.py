"""`rtlwright.generate`: a checked module from a specification, put where it was asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.feedback import Feedback
from rtlwright.lsp.notices import Show
from rtlwright.lsp.progress import Report, WorkProgress
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.lsp.specification import comment_at
from rtlwright.server.types import Cancel, Cancelled, Completion, GenerateRequest, Suggestion

NOTHING_ASKED = "nothing to generate from: give a specification, or stand in or below a comment that is one"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the module shall stand, in a form that survives edits made meanwhile."""

    buffer: Buffer
    offset: int
    anchor: str
    """Text that ends at `offset`; empty for the cursor."""


class Generate:
    """Arguments of the command: `{spec?, uri?, position?, n?, apply?}`.

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
        show: Show,
    ):
        self._server = server
        self._session = session
        self._services = services
        self._runner = runner
        self._feedback = feedback
        self._show = show
        self._progress = WorkProgress(server, session)

    async def run(self, params: types.ExecuteCommandParams) -> dict[str, Any] | None:
        """`{id, text, verdict, agreement, alternatives, edit, applied}`; None where nothing was written."""
        arguments = params.arguments[0] if params.arguments else None
        arguments = arguments if isinstance(arguments, dict) else {}
        spec, place = self._asked(arguments)
        if not spec:
            self._show(NOTHING_ASKED)
            return None
        cancel = Cancel()
        try:
            async with self._progress.shown("Writing a module", cancel, params.work_done_token) as report:
                ask = partial(self._ask, spec, place, arguments.get("n"), cancel, report)
                completion = await self._runner.run(cancel, ask)
        except Cancelled:
            return None
        if completion is None:
            return None
        if not completion.suggestions:
            notes = "; ".join(completion.notes)
            self._show(
                f"no candidate passed the checks ({len(completion.rejected)} rejected) {notes}".strip()
            )
            return None
        apply = arguments.get("apply") is not False
        return await self._place(completion.suggestions[0], completion, place, apply)

    def _asked(self, arguments: dict[str, Any]) -> tuple[str, _Place | None]:
        """The specification, and the place if there is one."""
        spec = arguments.get("spec")
        spec = spec.strip() if isinstance(spec, str) else ""
        buffer = self._session.buffer(str(arguments.get("uri")))
        if buffer is None:
            return spec, None
        cursor = _cursor(buffer, arguments.get("position"))
        block = None if spec else comment_at(buffer.text, cursor)
        if block is not None:
            return block.spec, _Place(buffer, block.end, block.comment)
        return spec, _Place(buffer, cursor, "")

    def _ask(self, spec: str, place: _Place | None, n: object, cancel: Cancel, report: Report) -> Completion:
        """In a worker thread."""
        path = path_of(place.buffer.uri) if place else None
        entry = self._services.at(path)
        count = n if isinstance(n, int) and 1 <= n <= 64 else entry.config.generate.n
        if place is None:
            request = GenerateRequest(spec, count)
        else:
            language = self._session.document(place.buffer).language
            request = GenerateRequest(spec, count, language=language, project_file=path)
        return entry.service.generate(request, cancel, report)

    async def _place(
        self, suggestion: Suggestion, completion: Completion, place: _Place | None, apply: bool
    ) -> dict[str, Any]:
        from rtlwright.server.present import suggestion_json  # rich: not at the start

        uri = place.buffer.uri if place else ""
        self._feedback.generated(suggestion, uri)
        self._feedback.listed(uri, completion.suggestions)
        applied = apply and place is not None and await self._apply(suggestion.text, place)
        if applied:
            self._feedback.accepted(suggestion.id, "generated")
        return {
            "id": suggestion.id,
            "text": suggestion.text,
            "verdict": asdict(suggestion.verdict),
            "agreement": completion.agreement,
            "alternatives": [suggestion_json(other) for other in completion.suggestions[1:]],
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
        here = buffer.position(offset)
        edit = types.TextEdit(types.Range(here, here), before + module.rstrip("\n") + after)
        result = await self._server.workspace_apply_edit_async(
            types.ApplyWorkspaceEditParams(self._edit(buffer, edit), label="rtlwright: generate")
        )
        return bool(result.applied)

    def _edit(self, buffer: Buffer, edit: types.TextEdit) -> types.WorkspaceEdit:
        """With the version where the client can compare it."""
        workspace = self._session.capabilities.workspace
        supported = workspace.workspace_edit if workspace else None
        if supported is None or not supported.document_changes:
            return types.WorkspaceEdit(changes={buffer.uri: [edit]})
        document = types.OptionalVersionedTextDocumentIdentifier(uri=buffer.uri, version=buffer.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [edit])])


def _edit_json(place: _Place) -> dict[str, Any]:
    """Where the module goes in the document as it was asked about, and what stands before and after it."""
    here = place.buffer.position(place.offset)
    before, after = _around(place.buffer, place.offset)
    position = {"line": here.line, "character": here.character}
    return {"version": place.buffer.version, "position": position, "before": before, "after": after}


def _around(buffer: Buffer, offset: int) -> tuple[str, str]:
    """Line ends around a module put at `offset`: it begins a line of its own, and ends it."""
    return "\n" if offset and buffer.text[offset - 1] not in "\r\n" else "", "\n"


def _cursor(buffer: Buffer, position: object) -> int:
    """The end of the document where no position was given."""
    if isinstance(position, dict):
        line, character = position.get("line"), position.get("character")
        if isinstance(line, int) and isinstance(character, int) and line >= 0 and character >= 0:
            return buffer.offset(types.Position(line, character))
    return len(buffer.text)


def _found_again(place: _Place, now: Buffer) -> int | None:
    """The place in the document as it is now: at the same index if all before it is as it was."""
    if now.text.startswith(place.buffer.text[: place.offset]):
        return place.offset
    start = now.text.find(place.anchor) if place.anchor else -1
    return start + len(place.anchor) if start >= 0 else None
