"""The prompts of rtlwright's own models; training writes its documents with the same functions."""

from __future__ import annotations

from enum import StrEnum

from rtlwright.server.model.slots import FIM_MIDDLE, FIM_PREFIX, FIM_SUFFIX, MODULE, SPEC, SlotCoder


class FimOrder(StrEnum):
    """Which of the two known parts comes first in a fill-in-the-middle prompt."""

    PSM = "psm"
    """Prefix, suffix, middle."""
    SPM = "spm"
    """Suffix, then prefix and middle in one piece: the key/value cache of the suffix survives typing."""


def spec_prompt(spec: str, coder: SlotCoder) -> str:
    """Prompt whose answer is the whole module that `spec` describes, then the end-of-text token.

    >>> spec_prompt("Invert a.", SlotCoder(frozenset({"Invert", "a"})))
    '<|spec|>Invert a.<|module|>'
    """
    return f"{SPEC}{coder.encode_prompt(spec.strip())}{MODULE}"


def fim_prompt(prefix: str, suffix: str, coder: SlotCoder, order: FimOrder = FimOrder.SPM) -> str:
    """Prompt whose answer is the text between `prefix` and `suffix`, then the end-of-text token.

    A name has its definition where the model reads it first, so the parts are coded in prompt order.

    >>> fim_prompt("a = ", ";", SlotCoder(frozenset({"a"})))
    '<|fim_prefix|><|fim_suffix|>;<|fim_middle|>a = '
    """
    if order is FimOrder.PSM:
        before, after = coder.encode_prompt(prefix), coder.encode_prompt(suffix)
        return f"{FIM_PREFIX}{before}{FIM_SUFFIX}{after}{FIM_MIDDLE}"
    after, before = coder.encode_prompt(suffix), coder.encode_prompt(prefix)
    return f"{FIM_PREFIX}{FIM_SUFFIX}{after}{FIM_MIDDLE}{before}"
