"""When two samples are the same to the compiler."""

from __future__ import annotations

from rtlwright.eval.sample import digest
from rtlwright.server.check.text.lexer import Kind, tokens


def job_name(problem: str, text: str) -> str:
    """Equal for samples of a problem that differ in comments and white space alone.

    Text with directives is taken as it is: line ends and comments matter to macros.
    """
    return f"{problem}\0{digest(bare(text))}"


def bare(text: str) -> str:
    r"""`text` with every stretch of white space and comments as one blank.

    >>> bare("assign a =  b; // why\nendmodule\n")
    'assign a = b; endmodule '
    """
    if "`" in text or "\\" in text:
        return text
    parts: list[str] = []
    position = 0
    for token in tokens(text):
        if token.kind is Kind.COMMENT:
            continue
        if token.start > position:
            parts.append(" ")
        parts.append(token.text)
        position = token.end
    if position < len(text):
        parts.append(" ")
    return "".join(parts)
