"""Who complains of what: diagnostics of a file may come from the checks of several documents."""

from __future__ import annotations

from collections.abc import Mapping

from lsprotocol import types

Found = Mapping[str, list[types.Diagnostic]]


class Board:
    """Publishing replaces everything under a URI, so the findings of all documents are put together."""

    def __init__(self) -> None:
        self._found: dict[str, Found] = {}

    def put(self, document: str, found: Found) -> dict[str, list[types.Diagnostic]]:
        """What a check of `document` found, by URI; what must be published now."""
        touched = [*self._found.pop(document, {}), *found]
        if found:
            self._found[document] = found
        return {uri: self._under(uri) for uri in dict.fromkeys(touched)}

    def _under(self, uri: str) -> list[types.Diagnostic]:
        """A document's own check knows best what is wrong in it."""
        own = self._found.get(uri)
        if own is not None:
            return own.get(uri, [])
        merged: list[types.Diagnostic] = []
        for found in self._found.values():
            merged += [diagnostic for diagnostic in found.get(uri, []) if diagnostic not in merged]
        return merged
