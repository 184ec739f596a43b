"""Code actions, and the commands that put an instance in: the project's own facts, as workspace edits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from rtlwright.lsp.arguments import Arguments
from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.edits import workspace_edit
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.lsp.specification import comment_at, is_marked
from rtlwright.server.actions.edits import Action, ActionRequest, TextEdit
from rtlwright.server.types import Cancel, Diagnostic, Range, Severity

KINDS = (types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, types.CodeActionKind.Source)
_WORDS_OF_A_SPECIFICATION = 5
"""A comment outside of every module with at least so many words may be one."""


class Actions:
    """`textDocument/codeAction`, `rtlwright.modules` and `rtlwright.instantiate`."""

    def __init__(self, server: LanguageServer, session: Session, services: Services, runner: Runner):
        self._server = server
        self._session = session
        self._services = services
        self._runner = runner

    async def menu(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        buffer = self._session.buffer(params.text_document.uri)
        only = params.context.only
        if buffer is None or not any(_wanted(kind, only) for kind in KINDS):
            return []
        request = self._request(buffer, params)
        cancel = Cancel()
        found = await self._runner.run(cancel, partial(self._ask, buffer.uri, request, cancel))
        actions = [self._action(buffer, action, params.context.diagnostics) for action in found or ()]
        listed = [action for action in actions if action is not None]
        menu = [*self._generate(buffer, params.range.start), *listed]
        return [action for action in menu if _wanted(action.kind, only)]

    async def modules(self, params: types.ExecuteCommandParams) -> list[dict[str, str]]:
        """`[{name, kind, summary, path}]` of what can be instantiated, for the editor to pick from."""
        from rtlwright.server.context.describe import summary  # slow: not before `initialize` is answered

        uri = Arguments.of(params).text("uri")
        units = await self._runner.run(
            Cancel(), lambda: self._services.at(path_of(uri)).service.project.units()
        )
        return [
            {"name": unit.name, "kind": unit.kind, "summary": summary(unit), "path": unit.path}
            for unit in units or ()
        ]

    async def instantiate(self, params: types.ExecuteCommandParams) -> bool:
        """Argument `{uri, position, module}`. Whether the editor has inserted the instance."""
        arguments = Arguments.of(params)
        buffer = self._session.buffer(arguments.text("uri"))
        module, position = arguments.text("module"), arguments.position()
        if buffer is None or not module or position is None:
            return False
        offset = buffer.offset(position)
        cancel = Cancel()
        edit = await self._runner.run(cancel, partial(self._instance, buffer, offset, module, cancel))
        return edit is not None and await self._apply(buffer, [edit], f"rtlwright: instantiate {module}")

    def _instance(self, buffer: Buffer, offset: int, module: str, cancel: Cancel) -> TextEdit:
        """In a worker thread."""
        project = self._services.at(path_of(buffer.uri)).service.project
        return project.instantiate(self._session.document(buffer), buffer.utf16(offset), module, cancel)

    def _ask(self, uri: str, request: ActionRequest, cancel: Cancel) -> tuple[Action, ...]:
        """In a worker thread."""
        return self._services.at(path_of(uri)).service.project.actions(request, cancel)

    def _request(self, buffer: Buffer, params: types.CodeActionParams) -> ActionRequest:
        start, end = (buffer.utf16(buffer.offset(p)) for p in (params.range.start, params.range.end))
        diagnostics = tuple(_diagnostic(buffer, found) for found in params.context.diagnostics)
        others = self._session.others(buffer.uri)
        return ActionRequest(self._session.document(buffer), Range(start, end), diagnostics, others)

    def _action(
        self, buffer: Buffer, action: Action, shown: list[types.Diagnostic] | Any
    ) -> types.CodeAction | None:
        edit = workspace_edit(self._session, buffer, action.edits, action.new_file)
        if edit is None:
            return None
        mends = [d for d in shown if action.mends is not None and _first_line(d) == action.mends.message]
        return types.CodeAction(
            title=action.title,
            kind=types.CodeActionKind(action.kind.value),
            diagnostics=mends or None,
            is_preferred=True if mends else None,
            edit=edit,
        )

    def _generate(self, buffer: Buffer, at: types.Position) -> list[types.CodeAction]:
        """In a comment that is a specification: marked as one, or prose outside of every module."""
        from rtlwright.server.context.window import Context  # slow: not before `initialize` is answered

        cursor = buffer.offset(at)
        comment = comment_at(buffer.text, cursor)
        if comment is None:
            return []
        if not is_marked(comment):
            inside = Context.at(self._session.document(buffer), cursor).scope.module
            if inside or len(comment.spec.split()) < _WORDS_OF_A_SPECIFICATION:
                return []
        title = "Write the module that this comment specifies"
        argument = {"uri": buffer.uri, "position": {"line": at.line, "character": at.character}}
        command = types.Command(title=title, command="rtlwright.generate", arguments=[argument])
        return [types.CodeAction(title=title, kind=types.CodeActionKind.RefactorRewrite, command=command)]

    async def _apply(self, buffer: Buffer, edits: list[TextEdit], label: str) -> bool:
        edit = workspace_edit(self._session, buffer, edits)
        if edit is None:
            return False
        params = types.ApplyWorkspaceEditParams(edit, label=label)
        return bool((await self._server.workspace_apply_edit_async(params)).applied)


def _diagnostic(buffer: Buffer, shown: types.Diagnostic) -> Diagnostic:
    """As the gate said it: the client has our hint in the message, too."""
    place = buffer.utf16(buffer.offset(shown.range.start))
    severity = Severity.ERROR if shown.severity == types.DiagnosticSeverity.Error else Severity.WARNING
    return Diagnostic(severity, place.line + 1, place.character + 1, _first_line(shown), shown.source or "")


def _first_line(shown: types.Diagnostic) -> str:
    return str(shown.message).split("\n", 1)[0]


def _wanted(kind: str | None, only: Sequence[str] | None) -> bool:
    """Of one of the kinds that the client asks for, or of a kind below (LSP: CodeActionContext.only)."""
    return not only or (kind is not None and any(kind == one or kind.startswith(one + ".") for one in only))
