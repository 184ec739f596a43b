"""The design unit around the cursor, in the place of a whole large document.

Reading a file of fifty thousand lines takes seconds, a key may take tenths of one. So sources and gate get
the unit that is being written, what stands before the first unit of the file, and of the file's other units
what this one uses: packages and interfaces as they are, modules as headers without a body. Their headers are
those of the last look at the disk. Not covered: what the rest of the file does to all of it (a module that is
there twice, directives between two units), which the check at the next save finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rtlwright.server.context.headers import ModuleHeader, Parameter, PortDecl
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import offset_of
from rtlwright.server.types import (
    LARGE_DOCUMENT,
    Completion,
    CompletionRequest,
    Diagnostic,
    Document,
    Position,
    Range,
    Suggestion,
)

_PREAMBLE = 64_000
_UNITS = re.compile(
    r"^[ \t]*(?:(?P<end>end(?:module|interface|package|program|primitive|checker)\b)"
    r"|(?:module|macromodule|interface|package|program|primitive|checker)\b)",
    re.M,
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_STEP = 32_000


@dataclass(frozen=True, slots=True)
class Around:
    """A file that has the document in it."""

    file: str
    above: int
    """How many of its lines stand above the document."""
    lines: int
    """How many line ends the document has."""

    def place(self, diagnostic: Diagnostic, added: int) -> Diagnostic:
        """In the file if it stands beside the document, to which `added` line ends came; else in that."""
        line, end = diagnostic.line, self.above + self.lines + added + 1
        if line <= self.above:
            return replace(diagnostic, file=self.file)
        if line > end:
            return replace(diagnostic, file=self.file, line=line - self.lines - added)
        return replace(diagnostic, line=line - self.above)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A request about a part of its document, or about one that its document is a part of."""

    request: CompletionRequest
    lines: int
    """How many lines further down a line of the part stands in the document."""
    around: Around | None = None

    @property
    def is_large(self) -> bool:
        """The unit alone is too much for a key."""
        return len(self.request.document.text) > LARGE_DOCUMENT

    @property
    def too_large(self) -> str:
        count = self.request.document.text.count("\n")
        return f"a unit of {count:,} lines is checked when it is saved, not while one types; ask by hand"

    def widened(self, completion: Completion) -> Completion:
        """The answer, with places of the whole document."""
        return replace(
            completion,
            suggestions=tuple(map(self._moved, completion.suggestions)),
            rejected=tuple(map(self._moved, completion.rejected)),
        )

    def _moved(self, suggestion: Suggestion) -> Suggestion:
        start, end = suggestion.range.start, suggestion.range.end
        span = Range(replace(start, line=start.line + self.lines), replace(end, line=end.line + self.lines))
        added = suggestion.text.count("\n") - (end.line - start.line)
        stages = tuple(
            replace(stage, diagnostics=tuple(self._placed(each, added) for each in stage.diagnostics))
            for stage in suggestion.verdict.stages
        )
        return replace(suggestion, range=span, verdict=replace(suggestion.verdict, stages=stages))

    def _placed(self, diagnostic: Diagnostic, added: int) -> Diagnostic:
        if diagnostic.line <= 0 or diagnostic.file is not None:
            return diagnostic
        if self.around is not None:
            return self.around.place(diagnostic, added)
        return replace(diagnostic, line=diagnostic.line + self.lines)


def excerpt(request: CompletionRequest, index: ProjectIndex) -> Excerpt | None:
    """None for a document that is not large.

    Raises:
        UserError: the position is outside of the file.
    """
    document = request.document
    text = document.text
    if len(text) <= LARGE_DOCUMENT or document.excerpt:
        return None
    index.ensure()
    if index.headers_in(document.path) is None:  # it came to the disk a moment ago
        index.update(document)
    start, end = _around(text, offset_of(document, request.position))
    unit, before = text[start:end], _preamble(text, start)
    packages, stubs = _used(document, before + unit, start, index)
    above = before + packages
    part = replace(document, text=f"{above}{unit}\n{stubs}", excerpt=True)
    lines = text.count("\n", 0, start) - above.count("\n")
    position = Position(request.position.line - lines, request.position.character)
    return Excerpt(replace(request, document=part, position=position), lines)


def _around(text: str, offset: int) -> tuple[int, int]:
    """The unit that the offset is in, or what stands between two units; whole lines."""
    line = text.rfind("\n", 0, offset) + 1
    before = _last(text, line)
    start = 0 if before is None else _line_end(text, before.start()) if before["end"] else before.start()
    after = _UNITS.search(text, line)
    if after is not None and after.start() == line and not after["end"]:  # on the unit's first line
        start, after = line, _UNITS.search(text, _line_end(text, line))
    if after is None:
        return start, len(text)
    return start, _line_end(text, after.start()) if after["end"] else after.start()


def _last(text: str, end: int) -> re.Match[str] | None:
    """The last unit's first or last line before `end`, looked for from there."""
    while end > 0:
        begin = text.rfind("\n", 0, max(end - _STEP, 0)) + 1
        found = list(_UNITS.finditer(text, begin, end))
        if found:
            return found[-1]
        end = begin
    return None


def _preamble(text: str, start: int) -> str:
    """Directives, imports and types before the first unit."""
    first = _UNITS.search(text, 0, _PREAMBLE)
    return text[: first.start()] if first is not None and first.start() < start else ""


def _used(document: Document, part: str, start: int, index: ProjectIndex) -> tuple[str, str]:
    """(packages and interfaces, headers of modules) of the same file that `part` names, itself left out."""
    headers = index.headers_in(document.path)
    own = {unit.name: unit for unit in headers.units} if headers else {}
    here = document.text.count("\n", 0, start)
    whole: dict[str, ModuleHeader] = {}
    stubs: dict[str, ModuleHeader] = {}
    fresh = set(_NAME.findall(part))
    written = {match[1] for match in re.finditer(r"^[ \t]*(?:module|package|interface)\s+(\w+)", part, re.M)}
    lines: list[str] | None = None
    texts: dict[str, str] = {}
    while found := [own[name] for name in fresh & own.keys() - written - whole.keys() - stubs.keys()]:
        more: list[str] = []
        for unit in found:
            if unit.kind in ("package", "interface", "class"):
                lines = document.text.split("\n") if lines is None else lines
                texts[unit.name] = _text_of(unit, lines, here)
                whole[unit.name] = unit
                more.append(texts[unit.name])
            else:
                stubs[unit.name] = unit
                more.append(_stub(unit))
        fresh = set(_NAME.findall("\n".join(more)))
    above = "".join(f"{texts[unit.name]}\n" for unit in _in_order(whole.values()))
    return above, "".join(_stub(unit) for unit in _in_order(stubs.values()))


def _text_of(unit: ModuleHeader, lines: list[str], here: int) -> str:
    """From the document; below the place that is edited the lines may have moved since the index looked."""
    first = re.compile(rf"\s*(?:{unit.kind})\b.*\b{unit.name}\b")
    near = (unit.line - 1, *range(max(0, unit.line - 200), min(len(lines), unit.line + 200)))
    at = next((at for at in near if at < len(lines) and first.match(lines[at])), None)
    if at is None:
        return ""
    last = next((n for n in range(at, len(lines)) if re.match(rf"\s*end{unit.kind}\b", lines[n])), at)
    return "\n".join(lines[at : last + 1])


def _stub(unit: ModuleHeader) -> str:
    parameters = ", ".join(map(_parameter, unit.parameters))
    ports = ", ".join(map(_port, unit.ports))
    return (
        f"(* blackbox *) module {unit.name} {f'#({parameters})' if parameters else ''}({ports}); endmodule\n"
    )


def _parameter(parameter: Parameter) -> str:
    kind = "localparam" if parameter.is_local else "parameter"
    default = parameter.default or ("logic" if parameter.type_text == "type" else "0")
    return " ".join(f"{kind} {parameter.type_text} {parameter.name} = {default}".split())


def _port(port: PortDecl) -> str:
    text = f"{port.direction} {port.type_text} {port.width_text} {port.name} {port.unpacked_text}"
    return " ".join(text.split())


def _in_order(units: Iterable[ModuleHeader]) -> Iterator[ModuleHeader]:
    return iter(sorted(units, key=lambda unit: unit.line))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
