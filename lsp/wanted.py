"""Whether ghost text is wanted where nobody asked for it by hand."""

from __future__ import annotations

import re

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.specification import comment_at, is_marked
from rtlwright.server.types import Document

_LITTLE = re.compile(r"[\w$]*[\s)\]};,:]*\Z")
"""The rest of a word and what closes: an item may stand before that."""


def unwanted(buffer: Buffer, document: Document, cursor: int) -> str | None:
    """Why an automatic request goes unanswered; None where it is wanted.

    The reasons are those users give for switching completion off: it came while they deleted, in the
    middle of a line, or in prose.
    """
    if buffer.shrunk:
        return "text was deleted"
    line = buffer.lines.line_of(cursor)
    rest = buffer.line(line)[cursor - buffer.lines.start(line) :]
    if not _LITTLE.match(rest):
        return "there is text to the right"
    from rtlwright.server.context.window import Context  # not before `initialize` is answered: it is slow

    if not Context.at(document, cursor).in_code:
        comment = comment_at(document.text, cursor)
        if comment is None or not is_marked(comment):
            return "a comment or a string"
    return None
