"""What is refused before any tool reads it: text that acts on the machine, or that only wears tools out.

This is a first wall and not the only one. What macros make of a text is judged again after preprocessing
(`foreign` on what the parser expanded), and the sandbox holds whatever passes both.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter

from rtlwright.server.check.text.lexer import BRACKETS, Kind, Token, tokens
from rtlwright.server.types import ProjectView

MAX_CHARACTERS = 1_000_000
MAX_CANDIDATE = 250_000
"""Characters of generated text; no model writes as much."""
MAX_DEPTH = 200
MAX_EXPRESSION = 4000
"""Operators in one statement; slang's recursion gives out at some ten thousand."""
MAX_STATEMENT = 40_000
"""Tokens in one statement, numbers and commas of a table not counted."""
MAX_CHAIN = 2000
"""`else if` in a row: parsers nest them."""
MAX_NUMBER = 20_000
"""Characters of one number; Icarus needs seconds for a hundred thousand."""
MAX_MACRO_USES = 2000
MAX_MACRO_GROWTH = 200_000
"""Characters that the macros of a text may expand to, all together."""

_ACTING = frozenset(
    """
    $fopen $fopenr $fopenw $fopena $fclose $fgets $fgetc $fread $fscanf $ungetc $fseek $frewind $rewind
    $fflush $ftell $feof $ferror $fwrite $fwriteb $fwriteh $fwriteo $fdisplay $fdisplayb $fdisplayh
    $fdisplayo $fmonitor $fmonitorb $fmonitorh $fmonitoro $fstrobe $fstrobeb $fstrobeh $fstrobeo
    $swrite_file $sformat_file $system $writememb $writememh $sreadmemb $sreadmemh $readmempath $dumpfile
    $dumpvars $dumpoff $dumpon $dumpall $dumplimit $dumpflush $dumpports $dumpportsoff $dumpportson
    $dumpportsall $dumpportslimit $dumpportsflush $sdf_annotate $log $nolog $key $nokey $scope
    $showscopes $showvars $list $countdrivers $getpattern $save $restart $incsave $input
    $value$plusargs_file
    """.split()  # noqa: SIM905
)
"""System tasks that reach out of the simulation: files, the shell, the simulator's own terminal."""
_ACTING_KIN = re.compile(
    r"\$(?:fopen|fwrite|fdisplay|fmonitor|fstrobe|dump|fsdb|vcdplus|q_|simparam|reset_)\w+$"
)
_DPI = "it imports foreign code (DPI)"
_UNNAMED = "it includes a file that it does not name"
_FOREIGN = re.compile(r"\bDPI(?:-C)?\b|``")
_WORD = re.compile(r"`?[^\W\d][\w$]*")
_PARAMETERS = re.compile(r"`define\s+[^\W\d][\w$]*\(([^)]*)\)(.*)", re.DOTALL)
_TASK = re.compile(r"\$[\w$]+")
_HIDDEN = re.compile(r'\\[^\s]+|//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|"(?:\\[\s\S]|[^"\\\n])*"?')
_IMPORT_OF_STRING = re.compile(r'\b(?:import|export)\s*"')
_IMPORT_OF_NAME = re.compile(r"\b(?:import|export)\b(?!\s*`?[\w$]+\s*::)")
_NESTING = BRACKETS | {"begin", "fork", "case", "casex", "casez", "randcase", "generate"}
_CLOSING = frozenset({")", "]", "}", "end", "join", "join_any", "join_none", "endcase", "endgenerate"})


def refusal(text: str, *, testbench: bool = False, view: ProjectView | None = None) -> str | None:
    """Why `text` may not reach the tools, as one sentence; None if it may.

    Args:
        testbench: the user's own: it may write waveforms and files, which the sandbox keeps in its scratch.
        view: the project that the text is in: an include may climb (`../rtl/defs.vh`) to one of its files.
    """
    limit = MAX_CHARACTERS if testbench else MAX_CANDIDATE
    if len(text) > limit:
        return f"the text is longer than {limit} characters"
    if "\0" in text:
        return "the text has a NUL character"
    found = tuple(tokens(text))
    return _acting(found, testbench=testbench, view=view) or _wearing(found)


def acts(expanded: str) -> Counter[str]:
    """What a preprocessed text does to the machine, and how often: reasons as `refusal` gives them."""
    found: Counter[str] = Counter()
    if foreign(expanded):
        found[_DPI] += 1
    for name in _TASK.findall(_HIDDEN.sub(_bare, expanded)):
        if _reaches_out(name):
            found[_call(name)] += 1
    return found


def foreign(expanded: str) -> bool:
    """A preprocessed text imports or exports foreign code, or has a string that could be its name."""
    if any("DPI" in text for text in _HIDDEN.findall(expanded) if text.startswith('"')):
        return True
    return _IMPORT_OF_STRING.search(_HIDDEN.sub(_bare, expanded)) is not None


def _bare(hidden: re.Match[str]) -> str:
    return '""' if hidden.group().startswith('"') else " "


def _reaches_out(name: str) -> bool:
    return name in _ACTING or _ACTING_KIN.match(name) is not None


def _call(name: str) -> str:
    return f"it calls {name}, which reaches out of the simulation"


def _acting(found: tuple[Token, ...], *, testbench: bool, view: ProjectView | None) -> str | None:
    if not testbench and (reason := _pasting(found)):
        return reason
    for index, token in enumerate(found):
        match token.kind:
            case Kind.SYSTEM if not testbench and _reaches_out(token.text):
                return _call(token.text)
            case Kind.STRING if _FOREIGN.search(token.text) or "DPI" in token.text:
                return _DPI
            case Kind.KEYWORD if token.text in ("import", "export") and _names_a_language(found, index + 1):
                return _DPI
            case Kind.DIRECTIVE:
                if reason := _directive(token.text, testbench=testbench, view=view):
                    return reason
    return None


def _names_a_language(found: tuple[Token, ...], at: int) -> bool:
    """Packages are imported by name: a string after `import`, or a macro alone, names a foreign language."""
    behind = [token for token in found[at : at + 32] if not token.trivial][:2]
    if not behind or behind[0].kind is Kind.DIRECTIVE:
        return len(behind) == 2 and behind[1].text != "::"
    return behind[0].kind in (Kind.STRING, Kind.OPEN_STRING)


def _pasting(found: tuple[Token, ...]) -> str | None:
    """Names of system tasks put together from pieces; each tool's preprocessor has its own idea of it."""
    if not any("``" in token.text for token in found if token.kind is Kind.DIRECTIVE):
        return None
    for token in found:
        if token.kind is Kind.SYSTEM or token.kind is Kind.DIRECTIVE:
            for piece in _TASK.findall(token.text):
                if any(name.startswith(piece) for name in _ACTING):
                    return "it builds the name of a system task"
    return None


def _directive(text: str, *, testbench: bool, view: ProjectView | None) -> str | None:
    if text.startswith("`include"):
        path = text[len("`include") :].strip().strip('"<>')
        climbs = ".." in path.replace("\\", "/").split("/")
        if path.startswith(("/", "~", "\\")) or (climbs and not _ours(path, view)):
            return "it includes a file from outside of the project"
        if not path and not testbench:
            return _UNNAMED
    if text.startswith("`define"):
        return _DPI if "DPI" in text else None if testbench else _definition(text)
    return None


def _ours(path: str, view: ProjectView | None) -> bool:
    """A file of the project, from where its includes are looked for."""
    if view is None:
        return False
    folders = (posixpath.dirname(view.document_path), *view.include_dirs)
    meant = {posixpath.normpath(posixpath.join(folder, path)) for folder in folders}
    return any(file.path in meant for file in (*view.includes, *view.sources))


def _definition(text: str) -> str | None:
    called = next((word for word in _TASK.findall(text) if _reaches_out(word)), None)
    if called:
        return _call(called)
    if "`include" in text:
        return _UNNAMED
    if _IMPORT_OF_NAME.search(text):
        return _DPI
    made = _PARAMETERS.match(text)
    names = {name.partition("=")[0].strip() for name in made[1].split(",")} if made else set()
    # One preprocessor replaces `x` in `$x`, another does not: what is called is not what is judged.
    if "$`" in text or (made and any(task[1:] in names for task in _TASK.findall(made[2]))):
        return "it builds the name of a system task"
    return None


def _wearing(found: tuple[Token, ...]) -> str | None:
    depth = conditions = operators = length = chain = 0
    previous = ""
    for token in found:
        if token.trivial:
            continue
        text = token.text
        if text in _NESTING:
            depth += 1
        elif text in _CLOSING:
            depth = max(0, depth - 1)
        elif text == "endmodule":
            depth = 0
        elif text.startswith(("`ifdef", "`ifndef")):
            conditions += 1
        elif text.startswith("`endif"):
            conditions -= 1
        if max(depth, conditions) > MAX_DEPTH:
            return f"it nests deeper than {MAX_DEPTH} levels"
        if token.kind is Kind.NUMBER and len(text) > MAX_NUMBER:
            return f"it has a number of more than {MAX_NUMBER} characters"
        ended = text in (";", "endmodule")
        operators = 0 if ended else operators + (token.kind is Kind.SYMBOL and text not in ",.()")
        length = 0 if ended else length + (token.kind is not Kind.NUMBER and text != ",")
        if operators > MAX_EXPRESSION or length > MAX_STATEMENT:
            return "it has an expression that is too long for the tools"
        chain += text == "if" and previous == "else"
        if chain > MAX_CHAIN:
            return "it has more branches than the tools can take"
        previous = text
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
