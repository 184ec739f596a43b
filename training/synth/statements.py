"""Procedural statements and the one shape in which each is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class If:
    """An if/else-if chain; `otherwise` None leaves the last else away."""

    branches: tuple[tuple[str, Stmts], ...]
    otherwise: Stmts | None = None


@dataclass(frozen=True)
class Case:
    subject: str
    arms: tuple[tuple[str, Stmts], ...]
    default: Stmts
    keyword: str = "case"


@dataclass(frozen=True)
class For:
    """`for (i = start; i < stop; i = i + 1)`; the loop variable is declared as the language wants it."""

    variable: str
    stop: str
    body: Stmts
    start: str = "0"
    kind: str = ""


Stmt = str | If | Case | For
Stmts = Sequence[Stmt]


def when(condition: str, body: Stmts, *more: tuple[str, Stmts], otherwise: Stmts | None = None) -> If:
    """`when("en", [...], ("load", [...]), otherwise=[...])`"""
    return If(((condition, body), *more), otherwise)


def case(subject: str, arms: Sequence[tuple[str, Stmts]], default: Stmts, keyword: str = "case") -> Case:
    return Case(subject, tuple(arms), default, keyword)


def _arms(stmt: Case, level: int) -> list[str]:
    lines: list[str] = []
    for label, body in (*stmt.arms, ("default", stmt.default)):
        inner = render(body, level + 2)
        if len(body) == 1 and isinstance(body[0], str):
            lines.append(indented(level + 1, f"{label}: {body[0]}"))
        else:
            lines += [indented(level + 1, f"{label}: begin"), *inner, indented(level + 1, "end")]
    return lines


def indented(level: int, text: str) -> str:
    return "\t" * level + text


def _render_if(stmt: If, level: int) -> list[str]:
    lines: list[str] = []
    for index, (condition, body) in enumerate(stmt.branches):
        lead = "if" if index == 0 else "end else if"
        lines += [indented(level, f"{lead} ({condition}) begin"), *render(body, level + 1)]
    if stmt.otherwise is not None:
        lines += [indented(level, "end else begin"), *render(stmt.otherwise, level + 1)]
    return [*lines, indented(level, "end")]


def render(body: Stmts, level: int) -> list[str]:
    """Statements as lines indented with tabs; `Module.text` turns tabs into the style's spaces."""
    lines: list[str] = []
    for stmt in body:
        if isinstance(stmt, str):
            lines.append(indented(level, stmt))
        elif isinstance(stmt, If):
            lines += _render_if(stmt, level)
        elif isinstance(stmt, Case):
            lines += [indented(level, f"{stmt.keyword} ({stmt.subject})"), *_arms(stmt, level)]
            lines.append(indented(level, "endcase"))
        else:
            v = stmt.variable
            head = f"for ({stmt.kind}{v} = {stmt.start}; {v} < {stmt.stop}; {v} = {v} + 1) begin"
            lines += [indented(level, head), *render(stmt.body, level + 1), indented(level, "end")]
    return lines
