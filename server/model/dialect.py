"""How prompts are put to a loaded model and how its answers are read back.

rtlwright's own models speak with identifier slots (see `slots`); every other one by its profile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rtlwright.server.model.profiles import Profile, recognize
from rtlwright.server.model.prompts import fim_prompt, spec_prompt
from rtlwright.server.model.slots import CONTROL_TOKENS, SlotCoder

_NOTICE = re.compile(
    r"(?:[ \t]*//[^\n]*(?:SPDX|[Cc]opyright|[Ll]icen[cs]e)[^\n]*\n(?:[ \t]*//[ \t]*\n)?|"
    r"\s*/\*(?:(?!\*/)[\s\S])*?(?:SPDX|[Cc]opyright|[Ll]icen[cs]e)(?:(?!\*/)[\s\S])*\*/[ \t]*\n?)+"
)


@dataclass(frozen=True, slots=True)
class Session:
    """One prompt, and what turns its answers back into text."""

    prompt: str
    decode: Callable[[str], str]
    system: str | None = None
    """For a chat: what it is told before `prompt`, the user's message."""


class Dialect(Protocol):
    stop: tuple[str, ...]
    characters_per_token: float
    """Cautious estimate, for fitting a prompt into the context."""
    options: Mapping[str, Any]
    """What a request over HTTP needs beside the prompt."""

    def fill_session(self, prefix: str, suffix: str) -> Session: ...

    def write_session(self, spec: str, begun: str = "") -> Session:
        """`begun` is the beginning of the answer, which is to go on from there."""
        ...


class SlotDialect:
    """The product's own models."""

    stop: tuple[str, ...] = CONTROL_TOKENS
    characters_per_token = 2.2
    options: Mapping[str, Any] = {"skip_special_tokens": False}
    """vLLM takes special tokens out of its answers, and slots are such."""

    def __init__(self, lexicon: frozenset[str]):
        self._lexicon = lexicon

    def fill_session(self, prefix: str, suffix: str) -> Session:
        coder = SlotCoder(self._lexicon)
        return Session(fim_prompt(without_licence(prefix), suffix, coder), coder.decode)

    def write_session(self, spec: str, begun: str = "") -> Session:
        coder = SlotCoder(self._lexicon)
        return Session(spec_prompt(spec, coder) + coder.encode_answer(begun), coder.decode)


class ProfileDialect:
    """Any other family, by its entry in profiles.toml."""

    characters_per_token = 2.0
    options: Mapping[str, Any] = {}

    def __init__(self, profile: Profile):
        self._profile = profile
        self.stop = profile.stop

    def fill_session(self, prefix: str, suffix: str) -> Session:
        return Session(self._profile.fim_prompt(prefix, suffix), str)

    def write_session(self, spec: str, begun: str = "") -> Session:
        return Session(self._profile.spec_prompt(spec) + begun, _first_module)


def _first_module(text: str) -> str:
    """RTLCoder on DeepSeek goes on in the middle of a word; its authors cut there, too.

    >>> _first_module("module a; endmodulemodule b;")
    'module a; endmodule'
    """
    head, run_on, _ = text.partition("endmodulemodule")
    return head + "endmodule" if run_on else text


def without_licence(text: str) -> str:
    r"""A file without its licence notice: the model was trained on none, and it tells nothing of the design.

    >>> without_licence("// SPDX-License-Identifier: MIT\n//\n// A counter.\nmodule")
    '// A counter.\nmodule'
    """
    notice = _NOTICE.match(text)
    return text[notice.end() :] if notice else text


def dialect_of(info: Mapping[str, Any]) -> Dialect:
    """By what the engine says of the loaded file: our own models carry their lexicon."""
    lexicon = info.get("lexicon")
    if lexicon:
        words = json.loads(lexicon) if isinstance(lexicon, str) else lexicon
        return SlotDialect(frozenset(words))
    return ProfileDialect(recognize(str(info["name"]), frozenset(info["special"])))
