"""Prompt profiles: how each family of models wants fill-in-the-middle and specifications put."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from rtlwright.server import paths
from rtlwright.server.errors import UserError


@dataclass(frozen=True, slots=True)
class Profile:
    """One entry of profiles.toml."""

    family: str
    spec: str
    stop: tuple[str, ...]
    fim: str | None = None
    """None: the family cannot fill in the middle."""
    names: tuple[str, ...] = ()
    recognize: tuple[str, ...] = ()

    def fim_prompt(self, prefix: str, suffix: str) -> str:
        return _fill(self.fim or "{prefix}", prefix=prefix, suffix=suffix)

    def spec_prompt(self, spec: str) -> str:
        return _fill(self.spec, spec=spec)


@cache
def profiles() -> tuple[Profile, ...]:
    """All profiles, in the order in which they are tried."""
    table = tomllib.loads(paths.package_file("model", "profiles.toml").read_text(encoding="utf-8"))
    return tuple(
        Profile(family, entry["spec"], tuple(entry["stop"]), entry.get("fim"),
                tuple(entry["names"]), tuple(entry["recognize"]))
        for family, entry in table.items()
    )  # fmt: skip


def profile_named(family: str) -> Profile:
    """Raises `UserError` for a family that is not in profiles.toml."""
    found = next((profile for profile in profiles() if profile.family == family), None)
    if found is None:
        known = ", ".join(profile.family for profile in profiles())
        raise UserError(f"model.profile is {family!r}; known are {known}")
    return found


def recognize(name: str, vocabulary: Collection[str] = ()) -> Profile:
    """The profile for a model: by its name if its vocabulary fits, by its vocabulary, by its name; `plain`.

    A name says more than a vocabulary, which a fine-tuned model has from its base; but anybody may call a
    model anything, so that the vocabulary has to have the tokens that the name promises.
    """
    *known, plain = profiles()
    lowered = name.lower()
    named = [profile for profile in known if any(part in lowered for part in profile.names)]
    for profile in named:
        if vocabulary and all(token in vocabulary for token in profile.recognize):
            return profile
    for profile in known:
        if vocabulary and profile.recognize and all(token in vocabulary for token in profile.recognize):
            return profile
    return named[0] if named and not (vocabulary and named[0].fim) else plain


def _fill(template: str, **parts: str) -> str:
    """Like str.format, but the parts may hold braces."""
    out = template
    for key in parts:
        out = out.replace("{" + key + "}", f"\0{key}\0")
    for key, value in parts.items():
        out = out.replace(f"\0{key}\0", value)
    return out
