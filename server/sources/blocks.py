"""The end of what is open: `end`, `endcase`, `endfunction`, `endmodule`, unless the suffix has it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtlwright.server.context.window import Context
from rtlwright.server.types import Cancel, Candidate, SourceName

_ENDS = {
    "begin": "end", "fork": "join", "case": "endcase", "casex": "endcase", "casez": "endcase",
    "randcase": "endcase", "function": "endfunction", "task": "endtask", "generate": "endgenerate",
    "specify": "endspecify",
}  # fmt: skip
_UNIT_ENDS = {
    "module": "endmodule", "interface": "endinterface", "package": "endpackage", "program": "endprogram",
    "class": "endclass", "checker": "endchecker", "primitive": "endprimitive",
}  # fmt: skip
UNIT_CLOSERS = frozenset(_UNIT_ENDS.values())
_OPENERS = {"begin", "fork", "case", "casex", "casez", "randcase", "function", "task", "generate", "specify"}
_WORD = re.compile(
    r"\b(begin|end|fork|join\w*|case[xz]?|randcase|endcase|function|endfunction|task|endtask|generate|endgenerate"
    r"|specify|endspecify|(?:end)?(?:module|interface|package|program|class))\b"
)
_LABELLED_END = re.compile(r"\bend(?:module|package|interface|program)[ \t]*:[ \t]*\w+")
_PARTIAL = re.compile(r"[ \t]*(e(?:n(?:d[a-z]*)?)?|jo?i?)?\Z")
_COMPLETE = re.compile(r"[;)]\s*\Z|\b(?:end\w*|begin|join\w*)(?:[ \t]*:[ \t]*\w+)?\s*\Z")


def propose_block(context: Context, cancel: Cancel) -> Iterator[Candidate]:
    """On a line of its own, the closer of the innermost block that the suffix leaves open."""
    typed = _PARTIAL.fullmatch(context.line_prefix)
    if typed is not None and not typed[1] and is_announced(context):
        return
    if typed is None or context.line_suffix.strip() or not context.scope.module:
        return
    before = context.clean_prefix[: len(context.clean_prefix) - len(typed[1] or "")].rstrip()
    if not _COMPLETE.search(before[-200:]):
        return  # an unfinished statement, a list that is still open
    blocks = context.scope.blocks
    lacking = len(blocks) - _closed_after(context.clean_suffix)
    if lacking > 0:
        word = _ENDS.get(blocks[-1], "")
        opener = opener_indent(context)
    elif not blocks and _unit_is_open(context.clean_suffix):
        word = _UNIT_ENDS.get(context.scope.kind, "")
        opener = _line_indent(context.document.text, context.scope.start)
        if word and _LABELLED_END.search(context.document.text):
            word += f" : {context.scope.module}"
    else:
        return
    partial = typed[1] or ""
    if not word.startswith(partial) or word == partial:
        return
    yield _at_indent(context, word, partial, opener)


def is_announced(context: Context) -> bool:
    """A comment stands on the line above: what it is about comes now, and not the end of something."""
    start = context.offset - len(context.line_prefix)
    line = context.document.text[max(0, start - 400) : start].removesuffix("\n").rpartition("\n")[2].strip()
    return line.startswith("//") or (line.endswith("*/") and line.startswith(("/*", "*")))


def _at_indent(context: Context, word: str, partial: str, indent: str) -> Candidate:
    """The closer below its opener: what is typed of the line is replaced where it stands too deep."""
    score = -0.5 if partial else -1.2
    white = context.line_prefix[: len(context.line_prefix) - len(partial)]
    if indent.startswith(white) and not partial:
        return Candidate(indent[len(white) :] + word, context.insertion(), SourceName.STRUCTURE, None, score)
    if white == indent:
        return Candidate(word[len(partial) :], context.insertion(), SourceName.STRUCTURE, None, score)
    whole = context.replacing(len(context.line_prefix))
    return Candidate(indent + word, whole, SourceName.STRUCTURE, None, score)


def _closed_after(suffix: str) -> int:
    """How many blocks that are open at the cursor the suffix closes, within the same unit."""
    depth = closed = 0
    for match in _WORD.finditer(suffix):
        word = match[1]
        if word in _OPENERS:
            depth += 1
        elif word.removeprefix("end") in _UNIT_ENDS:
            break
        elif depth > 0:
            depth -= 1
        else:
            closed += 1
    return closed


def _unit_is_open(suffix: str) -> bool:
    """Whether no `endmodule` follows before the next unit begins."""
    for match in _WORD.finditer(suffix):
        if match[1].startswith("end") and match[1][3:] in _UNIT_ENDS:
            return False
        if match[1] in _UNIT_ENDS:
            return True
    return True


def opener_indent(context: Context) -> str:
    """Indentation of the line with the innermost open block's keyword."""
    clean = context.clean_prefix
    found = 0
    for match in reversed(list(_WORD.finditer(clean[-64 * 1024 :]))):
        word = match[1]
        if word in _OPENERS:
            if found == 0:
                return _line_indent(clean, max(0, len(clean) - 64 * 1024) + match.start())
            found -= 1
        elif word.startswith(("end", "join")):
            found += 1
    return context.indent


def _line_indent(text: str, offset: int) -> str:
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    return line[: len(line) - len(line.lstrip(" \t"))]
