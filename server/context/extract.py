"""From a pyslang syntax tree to `FileHeaders`. Runs in the parser's process alone.

Only the tree's upper levels are walked: units, their members, and generate blocks for instances. A unit
that stands inside another one is reported beside it: that is how slang recovers when an `endmodule` is
still missing, the common state of a file being typed.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyslang import Bag, SourceManager
from pyslang.parsing import LexerOptions, ParserOptions, PreprocessorOptions, Token
from pyslang.syntax import SyntaxKind, SyntaxTree

from rtlwright.server.context.headers import (
    FileHeaders,
    Instance,
    Macro,
    ModuleHeader,
    Net,
    Parameter,
    PortDecl,
    TypeDecl,
)
from rtlwright.server.context.text import INCLUDE, blank

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
_REFERENCE = re.compile(r"\b([A-Za-z_]\w*)\s*::")
_MACRO_USE = re.compile(r"`([A-Za-z_]\w*)")
_DIRECTIVES = frozenset(
    """
    begin_keywords celldefine default_nettype define else elsif end_keywords endcelldefine endif ifdef
    ifndef include line nounconnected_drive pragma resetall timescale unconnected_drive undef
    undefineall __FILE__ __LINE__
    """.split()  # noqa: SIM905
)
_MAX_DEPTH = 64
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
        references = dict.fromkeys(_REFERENCE.findall(clean))
        return FileHeaders(
            path=self._path,
            units=units,
            macros=macros,
            imports=tuple(dict.fromkeys(name for member in members for name in _imports(member))),
            references=tuple(references),
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
        body = _Body(self)
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


class _Body:
    """Collects the header and the members of one unit."""

    def __init__(self, file: _Extractor):
        self._raw = file.raw
        self._line = file.line
        self.ansi = True
        self.parameters: list[Parameter] = []
        self.ports: dict[str, PortDecl] = {}
        self.instances: list[Instance] = []
        self.imports: list[str] = []
        self.nets: dict[str, Net] = {}
        self.types: list[TypeDecl] = []
        self.subroutines: list[str] = []
        self.modports: list[str] = []
        self._handlers: dict[Any, Callable[[Any, int], None]] = {
            _K.HierarchyInstantiation: self._instantiation,
            _K.ParameterDeclarationStatement: lambda node, _: self._parameter(node.parameter, False),
            _K.NetDeclaration: lambda node, _: self._nets(node, f"{node.netType.valueText} "),
            _K.DataDeclaration: lambda node, _: self._nets(node, ""),
            _K.PortDeclaration: self._port_declaration,
            _K.GenvarDeclaration: self._genvars,
            _K.TypedefDeclaration: self._typedef,
            _K.FunctionDeclaration: self._subroutine,
            _K.TaskDeclaration: self._subroutine,
            _K.ModportDeclaration: self._modport,
            _K.PackageImportDeclaration: lambda node, _: self.imports.extend(_imports(node)),
            _K.GenerateRegion: lambda node, depth: self.members(node.members, depth + 1),
            _K.GenerateBlock: lambda node, depth: self.members(node.members, depth + 1),
            _K.LoopGenerate: lambda node, depth: self.members([node.block], depth + 1),
            _K.IfGenerate: self._if_generate,
            _K.CaseGenerate: self._case_generate,
        }

    def header(self, header: Any) -> None:
        self.imports.extend(name for item in header.imports for name in _imports(item))
        if header.parameters is not None:
            for declaration in header.parameters.declarations:
                if not isinstance(declaration, Token):
                    self._parameter(declaration, True)
        if header.ports is None:
            return
        self.ansi = header.ports.kind != _K.NonAnsiPortList
        for port in header.ports.ports if header.ports.kind != _K.WildcardPortList else ():
            if not isinstance(port, Token):
                self._ansi_port(port) if self.ansi else self._listed_port(port)

    def members(self, members: Iterable[Any], depth: int = 0) -> None:
        if depth > _MAX_DEPTH:
            return
        for member in members:
            handler = self._handlers.get(member.kind)
            if handler is not None:
                handler(member, depth)

    def _parameter(self, node: Any, in_header: bool) -> None:
        is_local = node.keyword.valueText == "localparam"
        if node.kind == _K.TypeParameterDeclaration:
            for item in _nodes(node.declarators):
                default = self._raw(item.assignment.type) if item.assignment else ""
                self.parameters.append(Parameter(item.name.valueText, default, "type", is_local, in_header))
            return
        type_text = self._raw(node.type)
        for item in _nodes(node.declarators):
            default = self._raw(item.initializer.expr) if item.initializer else ""
            self.parameters.append(Parameter(item.name.valueText, default, type_text, is_local, in_header))

    def _ansi_port(self, port: Any) -> None:
        previous = next(reversed(self.ports.values()), None)
        if port.kind == _K.ExplicitAnsiPort:
            direction = port.direction.valueText or (previous.direction if previous else "inout")
            self._add_port(port.name, direction, "", "")
            return
        head, name = port.header, port.declarator.name
        unpacked = self._dimensions(port.declarator)
        if head.kind == _K.InterfacePortHeader:
            type_text = self._raw(head.nameOrKeyword) + (self._raw(head.modport) if head.modport else "")
            self._add_port(name, "", type_text, "", unpacked, True)
            return
        direction = head.direction.valueText
        kind = head.netType.valueText if head.kind == _K.NetPortHeader else ""
        type_text, width = self._type(head.dataType, kind)
        if not direction and previous is not None:
            direction = previous.direction
            if not type_text and not width:  # everything of the port before holds on
                type_text, width = previous.type_text, previous.width_text
        bare_name = head.kind == _K.VariablePortHeader and head.dataType.kind == _K.NamedType
        is_interface = bare_name and not head.direction.valueText and "::" not in type_text
        self._add_port(name, direction, type_text, width, unpacked, is_interface and previous is None)

    def _add_port(
        self, name: Token, direction: str, type_text: str, width: str, unpacked: str = "", is_if: bool = False
    ) -> None:
        if name.valueText:
            line = self._line(name.location)
            port = PortDecl(name.valueText, direction, type_text, width, unpacked, is_if, line)
            self.ports[name.valueText] = port

    def _listed_port(self, port: Any) -> None:
        """`(a, b, .c(d))` of a header without types; the declaration in the body fills in the rest."""
        if port.kind == _K.ExplicitNonAnsiPort:
            self._add_port(port.name, "inout", "", "")
        elif port.kind == _K.ImplicitNonAnsiPort and port.expr.kind == _K.PortReference:
            self._add_port(port.expr.name, "inout", "", "")

    def _port_declaration(self, node: Any, depth: int) -> None:
        head = node.header
        if head.kind not in (_K.NetPortHeader, _K.VariablePortHeader):
            return
        kind = head.netType.valueText if head.kind == _K.NetPortHeader else ""
        type_text, width = self._type(head.dataType, kind)
        for item in _nodes(node.declarators):
            if item.name.valueText in self.ports or not self.ports:
                direction = head.direction.valueText
                self._add_port(item.name, direction, type_text, width, self._dimensions(item))

    def _nets(self, node: Any, prefix: str) -> None:
        type_text, width = self._type(node.type, prefix.strip())
        for item in _nodes(node.declarators):
            name = item.name.valueText
            if name and name not in self.ports:
                line = self._line(item.name.location)
                self.nets[name] = Net(name, type_text, width, self._dimensions(item), line)

    def _genvars(self, node: Any, depth: int) -> None:
        for item in _nodes(node.identifiers):
            name = item.identifier.valueText
            self.nets[name] = Net(name, "genvar", "", "", self._line(item.identifier.location))

    def _instantiation(self, node: Any, depth: int) -> None:
        module = node.type.valueText
        for item in _nodes(node.instances):
            name = item.decl.name.valueText if item.decl is not None else ""
            self.instances.append(Instance(name, module, self._line(node.type.location)))

    def _typedef(self, node: Any, depth: int) -> None:
        kinds = {_K.EnumType: "enum", _K.StructType: "struct", _K.UnionType: "union"}
        kind = kinds.get(node.type.kind, "alias")
        members: tuple[str, ...] = ()
        if kind == "enum":
            members = tuple(item.name.valueText for item in _nodes(node.type.members))
        elif kind != "alias":
            members = tuple(d.name.valueText for m in node.type.members for d in _nodes(m.declarators))
        text = self._raw(node.type) if kind == "alias" else ""
        self.types.append(TypeDecl(node.name.valueText, kind, members, text))

    def _subroutine(self, node: Any, depth: int) -> None:
        self.subroutines.append(self._raw(node.prototype.name))

    def _modport(self, node: Any, depth: int) -> None:
        self.modports.extend(item.name.valueText for item in _nodes(node.items))

    def _if_generate(self, node: Any, depth: int) -> None:
        self.members([node.block], depth + 1)
        if node.elseClause is not None:
            self.members([node.elseClause.clause], depth + 1)

    def _case_generate(self, node: Any, depth: int) -> None:
        self.members([item.clause for item in node.items if hasattr(item, "clause")], depth + 1)

    def _type(self, node: Any, prefix: str) -> tuple[str, str]:
        """(type without packed dimensions, those dimensions)."""
        dimensions = getattr(node, "dimensions", None)
        width = "".join(self._raw(d) for d in dimensions) if dimensions is not None else ""
        whole = self._raw(node)
        base = whole[: -len(width)] if width and whole.endswith(width) else whole
        if width and base == whole:
            base = whole.split("[", 1)[0]
        return " ".join((prefix + " " + base).split()), width

    def _dimensions(self, declarator: Any) -> str:
        return "".join(self._raw(dimension) for dimension in declarator.dimensions)


def _imports(node: Any) -> list[str]:
    if node.kind != _K.PackageImportDeclaration:
        return []
    return [item.package.valueText for item in _nodes(node.items)]


def _nodes(separated: Iterable[Any]) -> Iterator[Any]:
    """The items of a list, without its commas."""
    return (item for item in separated if not isinstance(item, Token))
