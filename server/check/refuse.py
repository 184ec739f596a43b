"""What is refused before any tool reads it: text that acts on the machine, or that only wears tools out."""

from __future__ import annotations

import re

from rtlwright.server.check.lexer import BRACKETS, Kind, Token, tokens

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 200
MAX_EXPRESSION = 4000
"""Operators in one statement; slang's recursion gives out at some ten thousand."""
MAX_MACRO_USES = 2000
MAX_MACRO_GROWTH = 200_000
"""Characters that the macros of a text may expand to, all together."""

_FILES = re.compile(
    r"\$(?:fopen\w*|fclose|fwrite\w*|fdisplay\w*|fmonitor\w*|fstrobe\w*|fgets|fgetc|fread|fscanf|ungetc|fseek|frewind"
    r"|fflush|system|swrite_file|writemem[bh]|readmem[bh]|sreadmem[bh]|dump\w+|sdf_annotate|log|nolog|key|nokey"
    r"|sformat_file|save|restart|incsave|input|reset|stop|fsdb\w+|vcdplus\w+|value\$plusargs_file|q_\w+)$"
)
_HARMLESS_IN_MODULES = frozenset({"$readmemb", "$readmemh", "$stop", "$reset"})
_FOREIGN = re.compile(r"\bDPI(?:-C)?\b|``")
_WORD = re.compile(r"`?[^\W\d][\w$]*")


def refusal(text: str, *, testbench: bool = False) -> str | None:
    """Why `text` may not reach the tools, as one sentence; None if it may.

    Args:
        testbench: the user's own: it may write waveforms and files, which the sandbox keeps in its scratch.
    """
    if len(text) > MAX_CHARACTERS:
        return f"the text is longer than {MAX_CHARACTERS} characters"
    if "\0" in text:
        return "the text has a NUL character"
    found = tuple(tokens(text))
    return _acting(found, testbench=testbench) or _wearing(found)


def _acting(found: tuple[Token, ...], *, testbench: bool) -> str | None:
    for token in found:
        match token.kind:
            case Kind.SYSTEM if not testbench and _FILES.match(token.text):
                if token.text not in _HARMLESS_IN_MODULES:
                    return f"it calls {token.text}, which reaches out of the simulation"
            case Kind.STRING if _FOREIGN.search(token.text) or "DPI" in token.text:
                return "it imports foreign code (DPI)"
            case Kind.DIRECTIVE:
                if reason := _directive(token.text, testbench=testbench):
                    return reason
    return None


def _directive(text: str, *, testbench: bool) -> str | None:
    if text.startswith("`include"):
        path = text[len("`include") :].strip().strip('"<>')
        if path.startswith(("/", "~", "\\")) or ".." in path.replace("\\", "/").split("/"):
            return "it includes a file from outside of the project"
    if text.startswith("`define"):
        if "DPI" in text:
            return "it imports foreign code (DPI)"
        called = next((word for word in re.findall(r"\$\w+", text) if _FILES.match(word)), None)
        if called and not testbench and called not in _HARMLESS_IN_MODULES:
            return f"it calls {called}, which reaches out of the simulation"
    return None


def _wearing(found: tuple[Token, ...]) -> str | None:
    depth = length = 0
    for token in found:
        if token.trivial:
            continue
        if token.text in BRACKETS or token.text in ("begin", "fork"):
            depth += 1
            if depth > MAX_DEPTH:
                return f"it nests deeper than {MAX_DEPTH} levels"
        elif token.text in (")", "]", "}", "end", "join"):
            depth = max(0, depth - 1)
        length = 0 if token.text == ";" else length + (token.kind is Kind.SYMBOL and token.text not in ",.()")
        if length > MAX_EXPRESSION:
            return "it has an expression that is too long for the tools"
        if depth < 0:
            return None
    return _macros(found)


def _macros(found: tuple[Token, ...]) -> str | None:
    """A bound of what the macros of a text expand to, without expanding them."""
    bodies: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for token in found:
        if token.kind is not Kind.DIRECTIVE or not token.text.startswith("`define"):
            continue
        words = _WORD.findall(token.text[len("`define") :])
        if not words:
            continue
        name, uses = words[0], [word[1:] for word in words[1:] if word.startswith("`")]
        bodies[name] = uses
        # Macros are defined before they are used, mostly; what is not is bounded by the tools' own limits.
        sizes[name] = len(token.text) + sum(sizes.get(use, 0) for use in uses)
        if name in uses or sizes[name] > MAX_MACRO_GROWTH:
            return f"its macro {name} grows without bound"
    total = sum(sizes.get(t.text[1:], 0) for t in found if t.kind is Kind.DIRECTIVE)
    uses_in_text = sum(t.text[1:] in sizes for t in found if t.kind is Kind.DIRECTIVE)
    if total > MAX_MACRO_GROWTH * 5 or uses_in_text > MAX_MACRO_USES * 5 or _chain(bodies):
        return "its macros grow without bound"
    return None


def _chain(bodies: dict[str, list[str]]) -> bool:
    """Macros that use one another in a cycle, or that double more often than any real code does."""
    weight: dict[str, int] = {}
    for _ in range(24):
        for name, uses in bodies.items():
            weight[name] = min(1 << 30, 1 + sum(weight.get(use, 1) for use in uses))
    return any(each > MAX_MACRO_GROWTH for each in weight.values())
