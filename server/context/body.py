"""The header and the members of one unit, read from pyslang's tree, in the parser's process alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyslang.parsing import Token
from pyslang.syntax import SyntaxKind

from rtlwright.server.context.headers import Instance, Net, Parameter, PortDecl, TypeDecl

_K = SyntaxKind
_MAX_DEPTH = 64


class Body:
    """Collects the header and the members of one unit."""

    def __init__(self, raw: Callable[[Any], str], line: Callable[[Any], int]):
        """`raw` quotes a node, `line` gives a location's line."""
        self._raw = raw
        self._line = line
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
            _K.PackageImportDeclaration: lambda node, _: self.imports.extend(imports_of(node)),
            _K.GenerateRegion: lambda node, depth: self.members(node.members, depth + 1),
            _K.GenerateBlock: lambda node, depth: self.members(node.members, depth + 1),
            _K.LoopGenerate: lambda node, depth: self.members([node.block], depth + 1),
            _K.IfGenerate: self._if_generate,
            _K.CaseGenerate: self._case_generate,
        }

    def header(self, header: Any) -> None:
        self.imports.extend(name for item in header.imports for name in imports_of(item))
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


def imports_of(node: Any) -> list[str]:
    if node.kind != _K.PackageImportDeclaration:
        return []
    return [item.package.valueText for item in _nodes(node.items)]


def _nodes(separated: Iterable[Any]) -> Iterator[Any]:
    """The items of a list, without its commas."""
    return (item for item in separated if not isinstance(item, Token))
