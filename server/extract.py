"""Takes the Verilog out of what a model wrote: fences, prose and thinking around it go."""

from __future__ import annotations

import re

_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE = re.compile(r"```[a-zA-Z]*\n(.*?)(?:```|\Z)", re.DOTALL)
_FIRST = re.compile(
    r"^[ \t]*(?:`|//|/\*|\(\*|module\b|package\b|interface\b|import\b|typedef\b)", re.MULTILINE
)
_LAST = re.compile(r".*\b(?:endmodule|endpackage|endinterface)\b(?:[ \t]*:[ \t]*\w+)?", re.DOTALL)


def module_text(answer: str) -> str:
    r"""The design units of an answer, ending in a newline; the answer itself where it has none.

    >>> module_text("Sure!\n```verilog\nmodule a;\nendmodule\n```\nEnjoy.")
    'module a;\nendmodule\n'
    """
    text = _THINKING.sub("", answer).replace("\r\n", "\n")
    fences = [body for body in _FENCE.findall(text) if "module" in body]
    text = fences[0] if fences else text
    last = _LAST.match(text)
    text = last[0] if last else text
    first = _FIRST.search(text)
    return (text[first.start() :] if first and last else text).strip() + "\n"
