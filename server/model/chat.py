"""Models behind a chat API alone: the task is put in words, and the code taken out of the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rtlwright.server.extract import module_text
from rtlwright.server.model.dialect import Session

_HOLE = "<<<HOLE>>>"
_WRITE = "You write synthesizable SystemVerilog. Answer with one module in a code block and nothing else."
_FILL = (
    f"You complete SystemVerilog. The user's file has one place marked {_HOLE}. Answer with the text that"
    " belongs there, with its line breaks, in a code block: neither the text around it nor any explanation."
)
_BLOCK = re.compile(r"```[a-zA-Z]*\n(.*?)(?:\n?```|\Z)", re.DOTALL)


class ChatDialect:
    """See `Dialect`. The model's own template is the server's business."""

    stop: tuple[str, ...] = ()
    characters_per_token = 2.0
    options: Mapping[str, Any] = {}

    def fill_session(self, prefix: str, suffix: str) -> Session:
        return Session(f"{prefix}{_HOLE}{suffix}", lambda text: filled(text, prefix, suffix), _FILL)

    def write_session(self, spec: str, begun: str = "") -> Session:
        asked = f"{spec}\n\nThe module begins with:\n{begun}" if begun else spec
        return Session(asked, lambda text: module_text(text).removeprefix(begun), _WRITE)


def filled(answer: str, prefix: str, suffix: str) -> str:
    """What belongs into the hole. Models like to repeat the line that it is in, and what follows it.

    >>> filled("```verilog\\n  assign y = a;\\n```", "  assign y = ", ";\\n")
    'a'
    >>> filled("a & b", "  assign y = ", ";\\n")
    'a & b'
    """
    block = _BLOCK.search(answer)
    text = block[1] if block else answer
    line, rest = prefix.rpartition("\n")[2], suffix.partition("\n")[0].strip()
    said = line.strip()
    if said and text.lstrip().startswith(said):
        text = text.lstrip().removeprefix(said)
        text = text.lstrip(" ") if line.endswith(" ") else text
    return text.removesuffix(rest) if rest else text
