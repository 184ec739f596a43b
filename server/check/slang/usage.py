"""Which ports are clocks and resets by what is done with them, out of slang's tree. In the worker only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyslang import ast

from rtlwright.server.check.slang.ports import Interface, Port, Uses

_MAX_BLOCKS = 4000
_MAX_DEPTH = 12
_POS, _NEG, _BOTH = ast.EdgeKind.PosEdge, ast.EdgeKind.NegEdge, ast.EdgeKind.BothEdges
_CONSTANT = frozenset({ast.SymbolKind.Parameter, ast.SymbolKind.EnumValue, ast.SymbolKind.Specparam})

Names = Mapping[str, str]
"""A scope's own names of the top's ports."""


def interface(instance: Any) -> Interface:
    """Ports and their uses of an elaborated top instance."""
    ports = tuple(_port(symbol) for symbol in instance.body.portList)
    inputs = {port.name for port in ports if port.direction != "out" and port.width == 1}
    found = _Found()
    _scope(instance.body, {name: name for name in inputs}, found, 0)
    return Interface(ports, found.uses)


def _port(symbol: Any) -> Port:
    if not hasattr(symbol, "direction"):
        return Port(str(symbol.name), "inout", 0, "an interface")
    direction = str(symbol.direction).rsplit(".", 1)[-1].lower()
    type_ = symbol.type
    width = int(getattr(type_, "bitWidth", 0))
    fault = None
    if not type_.isIntegral or width < 1:
        kind = "an unpacked array" if type_.isUnpackedArray else "no vector"
        fault = f"{kind} ({type_})"
    elif direction not in ("in", "out", "inout"):
        fault = f"a {direction} port"
    elif not symbol.name:
        fault = "a port without a name"
    return Port(str(symbol.name), direction, width, fault)


@dataclass
class _Found:
    clocks: dict[str, None] = field(default_factory=dict)
    falling: dict[str, None] = field(default_factory=dict)
    asynchronous: dict[str, bool] = field(default_factory=dict)
    synchronous: dict[str, bool] = field(default_factory=dict)
    derived: bool = False
    blocks: int = 0

    @property
    def uses(self) -> Uses:
        clocks = tuple(name for name in self.clocks if name not in self.asynchronous)
        return Uses(
            clocks,
            tuple(name for name in self.falling if name in clocks),
            tuple(self.asynchronous.items()),
            tuple(item for item in self.synchronous.items() if item[0] not in self.asynchronous),
            self.derived,
        )


def _scope(scope: Any, names: Names, found: _Found, depth: int) -> None:
    for member in scope:
        if found.blocks > _MAX_BLOCKS:
            return
        if isinstance(member, ast.ProceduralBlockSymbol):
            found.blocks += 1
            _block(member.body, names, found)
        elif isinstance(member, ast.InstanceSymbol) and depth < _MAX_DEPTH:
            _scope(member.body, _inside(member, names), found, depth + 1)
        elif isinstance(member, ast.InstanceArraySymbol):
            for element in member:
                if isinstance(element, ast.InstanceSymbol) and depth < _MAX_DEPTH:
                    _scope(element.body, _inside(element, names), found, depth + 1)
        elif isinstance(member, ast.GenerateBlockSymbol | ast.GenerateBlockArraySymbol) and not getattr(
            member, "isUninstantiated", False
        ):
            _scope(member, names, found, depth)


def _inside(instance: Any, names: Names) -> Names:
    """The top's ports by the names that they have inside of an instance."""
    inside = {}
    for connection in instance.portConnections:
        expression = connection.expression
        name = None if expression is None else _named(expression)
        if name is not None and name in names:
            inside[str(connection.port.name)] = names[name]
    return inside


def _block(body: Any, names: Names, found: _Found) -> None:
    if not isinstance(body, ast.TimedStatement):
        return
    edges = [event for event in _events(body.timing) if event.edge in (_POS, _NEG, _BOTH)]
    if not edges:
        return
    tests = list(_tests(body.stmt))
    tested = {name for name, _, _ in tests}
    for event in edges:
        name = _named(event.expr)
        if name is not None and name in tested and len(edges) > 1:
            if name in names:
                found.asynchronous[names[name]] = event.edge is _POS
        elif name is not None and name in names:
            found.clocks[names[name]] = None
            if event.edge is not _POS:
                found.falling[names[name]] = None
        else:
            found.derived = True
    first = tests[0] if tests else None
    if first and first[0] in names and first[2]:
        found.synchronous[names[first[0]]] = first[1]


def _events(timing: Any) -> Iterator[Any]:
    if isinstance(timing, ast.SignalEventControl):
        yield timing
    elif isinstance(timing, ast.EventListControl):
        for event in timing.events:
            yield from _events(event)


def _tests(statement: Any) -> Iterator[tuple[str, bool, bool]]:
    """(signal, tested for high, sets constants only) along the first if-else chain of a block."""
    while statement is not None:
        if isinstance(statement, ast.BlockStatement):
            statement = statement.body
        elif isinstance(statement, ast.StatementList):
            statement = statement.list[0] if len(statement.list) == 1 else None
        elif isinstance(statement, ast.ConditionalStatement):
            test = _tested(statement.conditions[0].expr) if len(statement.conditions) == 1 else None
            if test is not None:
                yield *test, statement.ifFalse is not None and _constants_only(statement.ifTrue)
            statement = statement.ifFalse
        else:
            return


def _tested(expression: Any) -> tuple[str, bool] | None:
    """`rst` → ("rst", True), `!rst_n` and `rst_n == 1'b0` → ("rst_n", False)."""
    expression = _bare(expression)
    if isinstance(expression, ast.UnaryExpression) and expression.op in (
        ast.UnaryOperator.LogicalNot, ast.UnaryOperator.BitwiseNot,
    ):  # fmt: skip
        inner = _tested(expression.operand)
        return (inner[0], not inner[1]) if inner else None
    if isinstance(expression, ast.BinaryExpression) and expression.op is ast.BinaryOperator.Equality:
        value = str(getattr(_bare(expression.right), "value", ""))
        inner = _tested(expression.left)
        if inner and value[-1:] in ("0", "1"):
            return inner[0], inner[1] == value.endswith("1")
        return None
    name = _named(expression)
    return (name, True) if name else None


def _constants_only(statement: Any) -> bool:
    """Every assignment in it has a right side without a signal; there is at least one."""
    rights: list[Any] = []
    statement.visit(
        lambda node: rights.append(node.right) if isinstance(node, ast.AssignmentExpression) else None
    )
    signals: list[Any] = []

    def look(node: Any) -> None:
        if isinstance(node, ast.NamedValueExpression) and node.symbol.kind not in _CONSTANT:
            signals.append(node)

    for right in rights:
        right.visit(look)
    return bool(rights) and not signals


def _named(expression: Any) -> str | None:
    expression = _bare(expression)
    return str(expression.symbol.name) if isinstance(expression, ast.NamedValueExpression) else None


def _bare(expression: Any) -> Any:
    while isinstance(expression, ast.ConversionExpression):
        expression = expression.operand
    return expression
