"""Which module is meant: by name, or because nothing instantiates it."""

from __future__ import annotations

from collections.abc import Sequence

from rtlwright.server.check.refuse import MAX_CHARACTERS
from rtlwright.server.check.text.lexer import Kind, code
from rtlwright.server.check.worker.project import design_units
from rtlwright.server.errors import UserError
from rtlwright.server.types import Document


def modules(text: str) -> list[str]:
    """Names of the modules that a text defines, in order; none where it is too long for the gate anyway."""
    if len(text) > MAX_CHARACTERS:
        return []
    return [name for name, kind in design_units(code(text)) if kind == "module"]


def roots(texts: Sequence[str]) -> list[str]:
    """Modules that no other module of these texts names."""
    defined = [name for text in texts for name in modules(text)]
    known, named = set(defined), set[str]()
    for text in texts:
        current, tokens = "", code(text)
        for index, token in enumerate(tokens):
            if token.kind is not Kind.IDENTIFIER or token.text not in known:
                continue
            if index and tokens[index - 1].text in ("module", "macromodule", "automatic", "static"):
                current = token.text
            elif token.text != current:
                named.add(token.text)
    return [name for name in dict.fromkeys(defined) if name not in named]


def tops(documents: Sequence[Document], reference: Document, top: str | None) -> tuple[str, str]:
    """(top of the design, top of the reference); names may differ where each has but one.

    Raises:
        UserError: it is not clear which.
    """
    own, other = roots([each.text for each in documents]), roots([reference.text])
    path = documents[-1].path
    if top is not None:
        defined = [name for each in documents for name in modules(each.text)]
        if top not in defined:
            raise UserError(
                f"{path}: has no module {top}; name one of {', '.join(defined) or 'none'} with --top"
            )
        return top, top if top in modules(reference.text) else _only(other, reference)
    common = [name for name in own if name in other]
    if len(common) == 1:
        return common[0], common[0]
    return _only(own, documents[-1]), _only(other, reference)


def _only(names: Sequence[str], document: Document) -> str:
    if len(names) == 1:
        return names[0]
    if not names:
        raise UserError(f"{document.path}: there is no module in it to compare")
    raise UserError(f"{document.path}: {', '.join(names)} could be meant; name one with --top")
