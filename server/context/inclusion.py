"""The file that includes a part, with the part in it, in the place of the part alone.

What is typed into a file that others include (the classes of a package, the functions of a module) has the
names of the place where it is included. So sources and gate get that whole file, with the part's text where
its directive stands. Not covered: parts of parts, and what a second file that includes it makes of it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rtlwright.server.context.excerpt import Around, Excerpt
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.types import LARGE_DOCUMENT, CompletionRequest, Position

_UNIT = re.compile(r"^[ \t]*(?:module|macromodule|interface|package|program|primitive)\b", re.M)
"""What stands alone is told from its text: nobody waits for the index then."""


def inclusion(request: CompletionRequest, index: ProjectIndex) -> Excerpt | None:
    """None for a document that stands alone, or in a large file."""
    document = request.document
    if document.excerpt or _UNIT.search(document.text):
        return None
    index.ensure()
    whole = index.wholes.of(document)
    place = None if whole is document else index.wholes.place_in(whole, document.path)
    if place is None or len(whole.text) + len(document.text) > LARGE_DOCUMENT:
        return None
    above, below = whole.text[: place[0]], whole.text[place[1] :]
    first, lines = above.count("\n"), document.text.count("\n")
    position = Position(request.position.line + first, request.position.character)
    spliced = replace(document, text=above + document.text + below, language=whole.language, excerpt=True)
    around = Around(index.name_of(whole.path), first, lines)
    return Excerpt(replace(request, document=spliced, position=position), -first, around)
