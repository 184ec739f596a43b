"""The one configuration of a pretraining run; a copy lies in the run's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rtlwright.server.errors import UserError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ModelShape(_Section):
    """RMSNorm, rotary positions, SwiGLU, tied embeddings."""

    architecture: Literal["llama", "qwen2"] = "llama"
    """`qwen2` has a bias in queries, keys and values. Only `llama` becomes a GGUF file."""
    layers: int = Field(default=6, ge=1)
    hidden: int = Field(default=256, ge=32, multiple_of=32)
    """Width of the residual stream; q8_0 wants multiples of 32."""
    heads: int = Field(default=4, ge=1)
    kv_heads: int = Field(default=4, ge=1)
    feed_forward: int = Field(default=768, ge=32, multiple_of=32)
    context: int = Field(default=1024, ge=32)
    """Positions that the exported file declares; no more than `corpus.sequence`, which training sees."""
    rope_theta: float = Field(default=10000.0, gt=0)

    @model_validator(mode="after")
    def _heads_divide(self) -> ModelShape:
        if self.hidden % self.heads or self.heads % self.kv_heads or self.hidden // self.heads % 2:
            raise ValueError("hidden must be a multiple of 2·heads, and heads of kv_heads")
        return self


class CorpusConfig(_Section):
    """How rows become documents."""

    vocabulary: int = Field(default=2048, ge=384, le=65535)
    """Tokens, special ones and slots included."""
    lexicon: int = Field(default=1500, ge=0)
    """Most words of prose that never get a slot, Verilog's keywords not counted."""
    lexicon_share: float = Field(default=0.0008, ge=0, le=1)
    """Share of the rows that must use such a word. All names get slots, so that copying is one token."""
    sequence: int = Field(default=1024, ge=32)
    """Tokens of one packed sequence. A longer specification is left out, a longer file loses its edges."""
    fim_rate: float = Field(default=0.5, ge=0, le=1)
    """Share of the rows that become a fill-in-the-middle document; the others specification → module."""
    psm_rate: float = Field(default=0.25, ge=0, le=1)
    """Share of those with the prefix first; the others have the suffix first."""
    complete_suffix_rate: float = Field(default=0.5, ge=0, le=1)
    """Share of those whose suffix is the whole rest; in the others the file is unfinished."""
    file_rate: float = Field(default=0.25, ge=0, le=1)
    """Share of those in a file of several modules."""
    comment_rate: float = Field(default=0.3, ge=0, le=1)
    """Share of those with the specification as a comment above the module."""
    window_rate: float = Field(default=0.15, ge=0, le=1)
    """Share of those that see only some lines around the cut, as in a long file."""
    inside_word_rate: float = Field(default=0.1, ge=0, le=1)
    """Share of the free cuts that may fall inside a word."""
    random_offset_rate: float = Field(default=0.15, ge=0, le=1)
    """Share of the documents whose slots begin at a random number; in the others, as in use, at 0.

    Some keep every slot trained; many make copying far harder to learn. Validation loss of modules after 200
    steps (1.1M parameters, 12 families): 0.611 with 1.0, 0.360 with 0.3, 0.345 with 0.1.
    """
    spec_weight: float = Field(default=0.1, ge=0)
    """Loss weight of a specification's tokens."""
    code_weight: float = Field(default=0.3, ge=0)
    """Loss weight of the known code around a middle. Answers have weight 1."""
    validation_percent: int = Field(default=1, ge=0, le=50)
    """Rows of the trained families that are kept out of training, chosen by their id."""


class PretrainConfig(_Section):
    """One run. Either `steps` or `minutes` sets its length, and with it the learning rate's schedule."""

    model: ModelShape = ModelShape()
    corpus: CorpusConfig = CorpusConfig()
    steps: int | None = Field(default=None, ge=1)
    """Optimizer steps; the schedule follows the step, so a resumed run equals an unbroken one."""
    minutes: float | None = Field(default=None, gt=0)
    """Minutes of training, pauses between resumed parts not counted; the schedule follows the clock."""
    batch: int = Field(default=4, ge=1)
    """Sequences per step."""
    muon_lr: float = Field(default=6e-3, gt=0)
    """Peak rate of Muon, for the matrices (match_rms_adamw scaling)."""
    adamw_lr: float = Field(default=4e-3, gt=0)
    """Peak rate of AdamW, for embeddings and norms."""
    muon_decay: float = Field(default=0.1, ge=0)
    """Decoupled weight decay of the matrices."""
    warmup_steps: int = Field(default=30, ge=0)
    decay_from: float = Field(default=0.5, ge=0, lt=1)
    """Share of the run after which the rate falls linearly to zero."""
    clip: float = Field(default=1.0, gt=0)
    """Largest norm of the gradient."""
    seed: int = 0
    threads: int | None = Field(default=None, ge=1)
    """CPU threads; torch's own choice if unset."""
    checkpoint_minutes: float = Field(default=5.0, gt=0)
    log_steps: int = Field(default=10, ge=1)
    validate_steps: int = Field(default=500, ge=1)
    """Steps between two losses on validation rows."""

    @model_validator(mode="after")
    def _context_is_trained(self) -> PretrainConfig:
        if self.model.context > self.corpus.sequence:
            raise ValueError("model.context must not exceed corpus.sequence: those positions are not trained")
        return self


SFT_RATE = 0.25


def fine_tuning(config: PretrainConfig) -> PretrainConfig:
    """The same run as supervised fine-tuning: specifications alone, no loss on what was asked, gentle rates.

    The rates are SFT_RATE of those given and fall linearly from the beginning.
    """
    corpus = config.corpus.model_copy(update={"fim_rate": 0.0, "spec_weight": 0.0})
    rates = {name: getattr(config, name) * SFT_RATE for name in ("muon_lr", "adamw_lr")}
    return config.model_copy(update={"corpus": corpus, "decay_from": 0.0, **rates})


def load_config(file: Path | None, overrides: dict[str, Any]) -> PretrainConfig:
    """The configuration in `file` (JSON), with `overrides` on top where they are not None.

    Raises UserError naming the file, the field and what it should be.
    """
    data: dict[str, Any] = {}
    if file is not None:
        try:
            data = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{file}: not a readable JSON configuration ({error})") from None
        if not isinstance(data, dict):
            raise UserError(f'{file}: expected a JSON object such as {{"steps": 1000}}')
    given = {key: value for key, value in overrides.items() if value is not None}
    if "steps" in given or "minutes" in given:
        data = {**data, "steps": None, "minutes": None}
    try:
        return PretrainConfig.model_validate({**data, **given})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise UserError(f"{file or 'configuration'}: {field}: {first['msg']}") from None
