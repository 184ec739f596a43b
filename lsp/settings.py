"""The editor's settings, brought into the form of the configuration: one key for one key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECTION = "rtlwright"
_EDITORS_OWN = frozenset({"trace"})
"""Keys that VS Code's client keeps in our section for itself."""


def settings_of(raw: object) -> dict[str, Any] | None:
    """Our section of what a client sent, without what is unset; None if the client sent no settings."""
    if not isinstance(raw, Mapping):
        return None
    section = raw.get(SECTION, raw)
    if not isinstance(section, Mapping):
        return None
    return {key: value for key, value in _set(section).items() if key not in _EDITORS_OWN}


def _set(section: Mapping[str, Any]) -> dict[str, Any]:
    """VS Code sends null for what has no value."""
    found = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            found[str(key)] = _set(value)
        elif value is not None:
            found[str(key)] = value
    return found
