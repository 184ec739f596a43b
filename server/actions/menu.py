"""`ProjectActions`: what can be done at a place of a document, from the project's index alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rtlwright.server.actions.edits import Action, ActionKind, ActionRequest, TextEdit
from rtlwright.server.actions.instances import INSTANTIABLE, instance_at
from rtlwright.server.actions.lookup import Symbol, look_up
from rtlwright.server.actions.mend import mend
from rtlwright.server.actions.nets import declare_missing_nets
from rtlwright.server.actions.places import edit_at
from rtlwright.server.actions.portmap import refresh_port_map
from rtlwright.server.actions.skeletons import module_for_file, testbench_for
from rtlwright.server.context.headers import ModuleHeader
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import Context, offset_of
from rtlwright.server.errors import UserError
from rtlwright.server.sources.portmap import propose_instance
from rtlwright.server.types import Cancel, Document, Position


class ProjectActions:
    """Stateless but for the index; every answer belongs to the snapshot it was asked for."""

    def __init__(self, index: ProjectIndex):
        self._index = index

    def closed(self, path: Path) -> None:
        """An editor has closed this document: what is on disk counts again, if there is anything."""
        self._index.close_document(path)
        self._index.look_again()

    def look_again(self) -> None:
        """Files were changed, made, renamed or deleted."""
        self._index.look_again()

    def actions(self, request: ActionRequest, cancel: Cancel) -> tuple[Action, ...]:
        """Quick fixes first, then what rewrites, then what begins something.

        Raises:
            UserError: the range is outside of the document.
            Cancelled: `cancel` was set.
        """
        context = self._context(request.document, request.range.start, request.open_documents)
        cancel.check()
        return tuple(self._found(context, request))

    def look_up(self, document: Document, position: Position) -> Symbol | None:
        """The meaning of the name at a position."""
        context = self._context(document, position, ())
        return look_up(context, self._own(context), self._index)

    def line(self, symbol: Symbol) -> tuple[Path, str]:
        """The file of a symbol's definition, and the text of its line (empty if it is not at hand)."""
        text = self._index.text(symbol.path) or ""
        lines = text.splitlines()
        line = lines[symbol.line - 1] if 0 < symbol.line <= len(lines) else ""
        return self._index.root / symbol.path, line

    def units(self) -> tuple[ModuleHeader, ...]:
        """What can be instantiated, by name."""
        self._index.ensure()
        found = (*self._index.modules(), *self._index.interfaces())
        return tuple(sorted((u for u in found if u.kind in INSTANTIABLE), key=lambda unit: unit.name))

    def instantiate(self, document: Document, position: Position, unit: str, cancel: Cancel) -> TextEdit:
        """An instance with all its connections, on the cursor's line.

        Raises:
            UserError: no such unit, or the position is in no module.
        """
        offset = offset_of(document, position)
        line = document.text[document.text.rfind("\n", 0, offset) + 1 : offset]
        if line.strip():
            raise UserError(f"{document.path.name}:{position.line + 1}: put the cursor on an empty line")
        text = document.text[:offset] + unit + " " + document.text[offset:]
        grown = Document(document.path, text, document.language, document.version)
        context = Context.at(grown, offset + len(unit) + 1, (), self._index)
        self._index.ensure()
        self._index.update(document)
        if self._index.module(unit, document.path) is None:
            raise UserError(f"there is no module {unit} in the project; see `rtlwright index`")
        for candidate in propose_instance(context, cancel):
            return edit_at(document, offset, offset, f"{unit} {candidate.text}")
        raise UserError(f"{document.path.name}:{position.line + 1}: an instance belongs into a module")

    def _found(self, context: Context, request: ActionRequest) -> Iterator[Action]:
        own = self._own(context)
        for diagnostic in request.diagnostics:
            if action := mend(context, own, diagnostic):
                yield action
        written = instance_at(context.document, context.offset, self._index)
        if written is not None and own is not None:
            for rewrite in (refresh_port_map(context, written), declare_missing_nets(context, written, own)):
                if rewrite is not None:
                    yield rewrite
        elif written is None and (action := self._instantiation(context)):
            yield action
        if begin := module_for_file(context):
            yield begin
        bench = testbench_for(context, own) if own is not None else None
        if bench is not None:
            yield bench

    def _instantiation(self, context: Context) -> Action | None:
        """A module's name alone on the line becomes an instance of it."""
        word = (context.line_prefix + context.line_suffix).strip()
        unit = self._index.module(word, context.document.path) if word.isidentifier() else None
        if unit is None or unit.kind not in INSTANTIABLE or not context.in_code:
            return None
        line_end = context.offset + len(context.line_suffix.rstrip())
        start = context.offset - len(context.line_prefix.lstrip())
        head = context.document.text[:start] + word + " "
        grown = Document(
            context.document.path, head + context.document.text[line_end:], context.document.language
        )
        for candidate in propose_instance(Context.at(grown, len(head), (), self._index), Cancel()):
            edit = edit_at(context.document, start, line_end, f"{word} {candidate.text}")
            return Action(f"Instantiate {word}", ActionKind.REWRITE, (edit,))
        return None

    def _own(self, context: Context) -> ModuleHeader | None:
        """The module around the cursor, as its whole file has it; on a header's first line, that module."""
        headers = self._index.headers_in(context.document.path)
        line = context.position.line + 1
        units = headers.units if headers else ()
        around = [unit for unit in units if unit.line <= line <= unit.end_line]
        return around[-1] if around else next((unit for unit in units if unit.line == line + 1), None)

    def _context(self, document: Document, position: Position, others: tuple[Document, ...]) -> Context:
        offset = offset_of(document, position)
        self._index.ensure()
        for opened in (document, *others):
            self._index.update(opened)
        return Context.at(document, offset, others, self._index)
