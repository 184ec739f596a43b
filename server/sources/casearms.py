"""The arms of a `case` over states: an enumeration's members, or the localparams that name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtlwright.server.context.window import Context
from rtlwright.server.keywords import KEYWORDS
from rtlwright.server.types import Cancel, Candidate, SourceName

_CASE = re.compile(
    r"\b(case[xz]?)\s*\(\s*([A-Za-z_][\w.]*)\s*\)(?:\s*inside\b)?|\b(endcase)\b|\b(case[xz]?)\b|\b(begin|end)\b"
)
_LABELS = re.compile(
    r"(?:^|;|\bend\b|\binside\b|\))\s*((?:[A-Za-z_][\w:]*\s*,\s*)*[A-Za-z_][\w:]*)\s*:(?!:)", re.M
)
_ARM_STYLE = re.compile(r"^[ \t]*(?:\w+::)?[A-Z]\w*[ \t]*:(?!:)[ \t]*(begin)?", re.M)
_WINDOW = 64 * 1024
_MAX_ARMS = 128


@dataclass(frozen=True, slots=True)
class _Case:
    """The innermost open case statement."""

    expression: str
    indent: str
    body: str
    """From its parenthesis to the cursor."""
    depth: int
    """Blocks open inside of it."""


def propose_arms(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """All missing arms with `default` and `endcase`; and the next arm alone."""
    line = context.line_prefix.strip()
    if (line and line != context.word and "case" not in line) or not _in_case(context):
        return
    case = _open_case(context)
    if case is None or case.depth or context.line_suffix.strip():
        return
    states = states_of(context, case.expression)
    rest, has_end = _until_endcase(context.clean_suffix)
    present = _labels(case.body) | _labels(rest)
    typed = context.word
    if typed and context.line_prefix.strip() != typed:
        return
    body = case.body[: len(case.body) - len(typed)] if typed else case.body
    if not _between_arms(body):
        return
    missing = [state for state in states if _bare(state) not in present - {typed} or state == typed]
    missing = [state for state in missing if state.startswith(typed)] if typed else missing
    if not states or (not missing and has_end):
        return
    writer = _Arms(context, case, typed)
    if missing:
        yield writer.arm(missing[0])
    if not typed:
        yield writer.all(missing, "default" not in present, not has_end)


def _in_case(context: Context) -> bool:
    return "case" in context.line_prefix or any(block.startswith("case") for block in context.scope.blocks)


class _Arms:
    def __init__(self, context: Context, case: _Case, typed: str):
        self._context = context
        self._typed = typed
        self._outer = case.indent
        self._inner = case.indent + context.indent_unit
        style = [match[1] for match in _ARM_STYLE.finditer(context.document.text[:_WINDOW])]
        self._block = not style or sum(found is not None for found in style) * 2 >= len(style)

    def arm(self, state: str) -> Candidate:
        """`STATE: begin`, and no more: what it does is not known."""
        text = f"{state}: begin" if self._block else f"{state}:"
        return self._candidate(text, -0.6 if self._typed else -0.7)

    def all(self, states: Sequence[str], default: bool, end: bool) -> Candidate:
        inner, newline = self._inner, self._context.newline
        arms: list[str] = []
        for state in states:
            arms += [f"{inner}{state}: begin", f"{inner}end"] if self._block else [f"{inner}{state}: ;"]
        if default:
            arms.append(f"{inner}default: ;")
        if end:
            arms.append(f"{self._outer}endcase")
        return self._candidate(newline.join(arms), -0.2, whole=True)

    def _candidate(self, text: str, score: float, whole: bool = False) -> Candidate:
        """At the end of the `case (…)` line a new line is begun; on an empty line what is there is kept."""
        context = self._context
        white = context.line_prefix[: len(context.line_prefix) - len(self._typed)]
        range_ = context.insertion()
        if white.strip():
            text = context.newline + (text if whole else self._inner + text)
        elif self._typed:
            text = text[len(self._typed) :]
        elif whole:
            text = self._trimmed(text, white)
        else:
            text = self._trimmed(self._inner + text, white)
        return Candidate(text, range_, SourceName.STRUCTURE, None, score)

    def _trimmed(self, text: str, white: str) -> str:
        """The text without the white space that the line has already."""
        indent = text[: len(text) - len(text.lstrip(" \t"))]
        return text[len(white) :] if indent.startswith(white) else text.lstrip(" \t")


def _open_case(context: Context) -> _Case | None:
    clean = context.clean_prefix[-_WINDOW:]
    blocks = depth = 0
    for match in reversed(list(_CASE.finditer(clean))):
        if match[3]:
            depth += 1
        elif match[5]:
            blocks += (1 if match[5] == "begin" else -1) if depth == 0 else 0
            if blocks > 0:
                return None  # inside a block of an arm
        elif depth > 0:
            depth -= 1
        elif match[4]:
            return None  # an expression that is no plain name
        else:
            line = clean[clean.rfind("\n", 0, match.start()) + 1 : match.start()]
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            return _Case(match[2], indent, clean[match.end() :], 0)
    return None


def states_of(context: Context, expression: str) -> list[str]:
    """The values that the expression can have, by its type or by the constants it is compared with."""
    item = context.scope.names.get(expression.split(".")[-1])
    if item is not None:
        for name in (item.type_text, item.type_text.split("::")[-1], f"enum {expression}"):
            members = _enumerators(context, name)
            if members:
                return list(members)[:_MAX_ARMS]
    return _constants(context, expression)[:_MAX_ARMS]


def _enumerators(context: Context, type_name: str) -> Sequence[str]:
    if not type_name:
        return ()
    for declared in context.scope.types:
        if declared.name == type_name and declared.kind == "enum":
            return declared.members
    packages = context.index.packages() if context.index else ()
    for unit in packages:
        for declared in unit.types:
            if declared.name == type_name and declared.kind == "enum":
                return [_visible(context, unit.name, member) for member in declared.members]
    return ()


def _visible(context: Context, package: str, member: str) -> str:
    """A package's name as this file may say it: with the package before it where nothing imports it."""
    wanted = rf"\bimport\b[^;]*\b{re.escape(package)}\s*::\s*(?:\*|{re.escape(member)}\b)"
    return member if re.search(wanted, context.clean_prefix) else f"{package}::{member}"


def _bare(name: str) -> str:
    return name.rsplit("::", 1)[-1]


def _constants(context: Context, expression: str) -> list[str]:
    """Localparams of the group from which `expression` is assigned or compared anywhere in the module."""
    local = [p.name for p in context.scope.parameters if p.is_local]
    text = context.clean_prefix[-_WINDOW:] + context.clean_suffix
    stem = re.sub(r"_?(?:r|q|d|n|reg|next|nxt|curr?|current)$", "", expression)
    used = re.findall(rf"\b{re.escape(stem)}\w*\s*(?:<=|={{1,3}}|!={{1,2}})\s*([A-Za-z_]\w*)", text)
    named = [name for name in local if name in set(used)]
    if not named:
        return []
    prefixes = {_prefix(name) for name in named}
    group = [name for name in local if _prefix(name) in prefixes] if prefixes != {""} else local
    return group if len(group) >= 2 else []


def _prefix(name: str) -> str:
    """`S_IDLE` → `S_`, `STATE_RUN` → `STATE_`; empty where the name has no underscore."""
    head, separator, _ = name.partition("_")
    return head + separator if separator else ""


def _labels(body: str) -> set[str]:
    found: set[str] = set()
    for match in _LABELS.finditer(body):
        found.update(_bare(part.strip()) for part in match[1].split(","))
    return (found - KEYWORDS) | (found & {"default"})


def _between_arms(body: str) -> bool:
    """Whether the cursor stands where a label may begin."""
    text = body.rstrip()[-200:]
    return text == "" or text.endswith(";") or re.search(r"\bend(?:case)?\s*\Z", text) is not None


def _until_endcase(suffix: str) -> tuple[str, bool]:
    """The rest of the case statement, and whether its `endcase` is there."""
    depth = 0
    for match in re.finditer(r"\b(case[xz]?|endcase|endmodule|always\w*|module)\b", suffix):
        word = match[1]
        if word.startswith("case"):
            depth += 1
        elif word != "endcase":
            return "", False
        elif depth == 0:
            return suffix[: match.start()], True
        else:
            depth -= 1
    return "", False
