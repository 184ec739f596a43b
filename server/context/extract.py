"""From a pyslang syntax tree to `FileHeaders`. Runs in the parser's process alone.

Only the tree's upper levels are walked: units, their members, and generate blocks for instances. A unit
that stands inside another one is reported beside it: that is how slang recovers when an `endmodule` is
still missing, the common state of a file being typed.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import Any

from pyslang import Bag, SourceManager
from pyslang.parsing import LexerOptions, ParserOptions, PreprocessorOptions, Token
from pyslang.syntax import SyntaxKind, SyntaxTree

from rtlwright.server.context.body import Body, imports_of
from rtlwright.server.context.headers import (
    FileHeaders,
    Macro,
    ModuleHeader,
)
from rtlwright.server.context.text import INCLUDE, blank
from rtlwright.server.keywords import KEYWORDS

_K = SyntaxKind
_UNIT_KINDS = {
    _K.ModuleDeclaration: "module",
    _K.InterfaceDeclaration: "interface",
    _K.PackageDeclaration: "package",
    _K.ProgramDeclaration: "program",
    _K.ClassDeclaration: "class",
    _K.CheckerDeclaration: "checker",
    _K.UdpDeclaration: "primitive",
}
_DEFINE = re.compile(r"^[ \t]*`define[ \t]+([A-Za-z_]\w*)(\([^)\n]*\))?[ \t]*((?:[^\n]*\\\n)*[^\n]*)", re.M)
_REFERENCE = re.compile(r"\b(?:(?:virtual(?:\s+interface)?|extends)\s+|(?=[A-Za-z_]\w*\s*::))([A-Za-z_]\w*)")
_MACRO_USE = re.compile(r"`([A-Za-z_]\w*)")
_DIRECTIVES = frozenset(
    """
    begin_keywords celldefine default_nettype define else elsif end_keywords endcelldefine endif ifdef
    ifndef include line nounconnected_drive pragma resetall timescale unconnected_drive undef
    undefineall __FILE__ __LINE__
    """.split()  # noqa: SIM905
)
_MAX_BODY = 400


def extract(path: str, text: str, includes: dict[str, str], defines: dict[str, str]) -> FileHeaders:
    """Parse one file; `includes` maps what stands in its include directives to those files' texts."""
    text = text if text.isascii() else text.encode(errors="replace").decode()  # no lone surrogates
    sources = SourceManager()
    for name, content in includes.items():
        # Slang looks beside the including file first: that is where every include is put.
        sources.assignText(f"/rtlwright/{name}", content)
    buffer = sources.assignText("/rtlwright/\x00document", text)
    tree = SyntaxTree.fromBuffer(buffer, sources, _options(defines))
    return _Extractor(path, text, buffer.id).file(tree.root)


def _options(defines: dict[str, str]) -> Bag:
    preprocessor = PreprocessorOptions()
    preprocessor.predefines = [f"{name}={value}" if value else name for name, value in defines.items()]
    preprocessor.maxIncludeDepth = 32
    lexer, parser = LexerOptions(), ParserOptions()
    lexer.maxErrors = 64
    parser.maxRecursionDepth = 512
    return Bag([preprocessor, lexer, parser])


class _Extractor:
    """Reads one tree; keeps the text so that expressions are quoted as the user wrote them."""

    def __init__(self, path: str, text: str, buffer: Any):
        self._path = path
        self._text = text
        self._bytes = text.encode()
        self._buffer = buffer
        self._newlines = [match.start() for match in re.finditer(b"\n", self._bytes)]

    def file(self, root: Any) -> FileHeaders:
        members = list(root.members) if root.kind == _K.CompilationUnit else [root]
        units = tuple(unit for member in members for unit in self._units(member))
        clean = blank(self._text)
        found = (self._macro(match, clean) for match in _DEFINE.finditer(self._text))
        macros = tuple(macro for macro in found if macro is not None)
        uses = dict.fromkeys(_MACRO_USE.findall(clean)).keys() - {m.name for m in macros} - _DIRECTIVES
        references = (name for name in _REFERENCE.findall(clean) if name not in KEYWORDS)
        return FileHeaders(
            path=self._path,
            units=units,
            macros=macros,
            imports=tuple(dict.fromkeys(name for member in members for name in imports_of(member))),
            references=tuple(dict.fromkeys(references)),
            includes=tuple(dict.fromkeys(INCLUDE.findall(self._text))),
            macro_uses=tuple(sorted(uses)),
            lines=len(self._newlines) + 1,
        )

    def _units(self, node: Any) -> Iterator[ModuleHeader]:
        kind = _UNIT_KINDS.get(node.kind)
        if kind is None:
            return
        header = getattr(node, "header", None)
        name = (node if header is None else header).name
        if name.valueText and name.location.buffer == self._buffer:
            yield self._unit(node, kind, header, name)
        for member in getattr(node, "members", ()):
            yield from self._units(member)

    def _unit(self, node: Any, kind: str, header: Any, name: Token) -> ModuleHeader:
        body = Body(self.raw, self.line)
        if header is not None:
            body.header(header)
        if kind in {"module", "interface", "package", "program"}:
            body.members(node.members)
        return ModuleHeader(
            name=name.valueText,
            kind=kind,
            path=self._path,
            line=self.line(name.location),
            end_line=self.line(node.sourceRange.end) or len(self._newlines) + 1,
            parameters=tuple(body.parameters),
            ports=tuple(body.ports.values()),
            ansi=body.ansi,
            instances=tuple(body.instances),
            imports=tuple(dict.fromkeys(body.imports)),
            nets=tuple(body.nets.values()),
            types=tuple(body.types),
            subroutines=tuple(body.subroutines),
            modports=tuple(body.modports),
        )

    def _macro(self, match: re.Match[str], clean: str) -> Macro | None:
        if clean[match.start(1)] == " ":  # in a comment
            return None
        line = self._text.count("\n", 0, match.start(1)) + 1
        return Macro(match[1], match[2] or "", match[3].strip()[:_MAX_BODY], line, self._path)

    def line(self, location: Any) -> int:
        """1-based; 0 if the location is in another file or a macro."""
        if location.buffer != self._buffer:
            return 0
        return bisect.bisect_left(self._newlines, location.offset) + 1

    def raw(self, node: Any) -> str:
        """The text of a node, as written where it stands in this file, else as the preprocessor left it."""
        if node is None:
            return ""
        span = node.sourceRange if not isinstance(node, Token) else node.range
        if span.start.buffer == self._buffer == span.end.buffer and span.start.offset <= span.end.offset:
            written = self._bytes[span.start.offset : span.end.offset].decode(errors="replace")
        else:
            written = str(node)
        return " ".join(written.split())
