"""The registry: one function `(d: Draw) -> Design` per family."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.draw import Draw
from rtlwright.training.synth.families.held_out import HELD_OUT

Build = Callable[[Draw], Design]


@dataclass(frozen=True)
class Family:
    """A named generator; held-out families measure generalization and are never trained on."""

    name: str
    build: Build
    held_out: bool
    doc: str

    def design(self, rng: Random) -> Design:
        return self.build(Draw(rng, self.name))


_FAMILIES: dict[str, Family] = {}


def family(name: str) -> Callable[[Build], Build]:
    """Register a family under a unique name; `held_out.py` lists those that are never trained on."""

    def register(build: Build) -> Build:
        if name in _FAMILIES:
            raise ValueError(f"two families are called {name}")
        doc = (build.__doc__ or "").strip().split("\n")[0]
        _FAMILIES[name] = Family(name, build, name in HELD_OUT, doc)
        return build

    return register


@cache
def all_families() -> dict[str, Family]:
    """Every family by name, in alphabetical order; imports each file of this folder once."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    unknown = HELD_OUT - _FAMILIES.keys()
    if unknown:
        raise ValueError(f"held_out.py lists families that do not exist: {', '.join(sorted(unknown))}")
    return dict(sorted(_FAMILIES.items()))
