"""The folder of one pretraining run: configuration, lexicon, tokenizer, checkpoint, TensorBoard log."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from rtlwright.server.errors import UserError
from rtlwright.training.config import PretrainConfig
from rtlwright.training.corpus import Position
from rtlwright.training.llama import build_model
from rtlwright.training.tokenizer import load_tokenizer


@dataclass(frozen=True)
class Progress:
    """How far a run has come. `seconds` counts training alone, over all its parts."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    position: Position = field(default_factory=Position)

    def after(self, tokens: int, seconds: float, position: Position) -> Progress:
        """After one more step of so many tokens and seconds."""
        return Progress(self.step + 1, self.tokens + tokens, self.seconds + seconds, position)


@dataclass(frozen=True)
class RunFolder:
    """Names of the files, and their reading and writing; every write is atomic."""

    path: Path

    @property
    def config_file(self) -> Path:
        return self.path / "config.json"

    @property
    def lexicon_file(self) -> Path:
        return self.path / "lexicon.json"

    @property
    def tokenizer_file(self) -> Path:
        return self.path / "tokenizer.json"

    @property
    def checkpoint_file(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def started(self) -> bool:
        return self.config_file.exists()

    def write_text(self, file: Path, text: str) -> None:
        """Write `file` whole or not at all."""
        beside = file.with_suffix(".tmp")
        beside.write_text(text, "utf-8")
        beside.replace(file)

    def inherit(self, other: RunFolder) -> None:
        """Take over the vocabulary of `other`, as far as this run has none yet.

        Raises UserError if `other` is no run, or if its model has another shape than this run's.
        """
        mine, theirs = self.config(), other.config()
        if (mine.model, mine.corpus.vocabulary) != (theirs.model, theirs.corpus.vocabulary):
            raise UserError(
                f"{other.path}: its model has another shape; leave `model` and `vocabulary` as there"
            )
        other.lexicon(), other.tokenizer()
        for source, target in (
            (other.lexicon_file, self.lexicon_file),
            (other.tokenizer_file, self.tokenizer_file),
        ):
            if not target.exists():
                self.write_text(target, source.read_text("utf-8"))

    def config(self) -> PretrainConfig:
        """The run's configuration. Raises UserError if this is no run."""
        self._require(self.config_file)
        return PretrainConfig.model_validate_json(self.config_file.read_text("utf-8"))

    def lexicon(self) -> frozenset[str]:
        self._require(self.lexicon_file)
        return frozenset(json.loads(self.lexicon_file.read_text("utf-8")))

    def tokenizer(self) -> Tokenizer:
        self._require(self.tokenizer_file)
        return load_tokenizer(self.tokenizer_file)

    def save(
        self, model: LlamaForCausalLM, optimizers: list[torch.optim.Optimizer], progress: Progress, data: str
    ) -> None:
        """Everything a resumed run needs; `data` identifies the rows it was trained on."""
        state = {
            "model": model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
            "progress": asdict(progress),
            "rng": torch.get_rng_state(),
            "data": data,
        }
        beside = self.checkpoint_file.with_suffix(".tmp")
        with beside.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.checkpoint_file)

    def load(self) -> dict[str, Any]:
        """The checkpoint as `save` wrote it, on the CPU. Raises UserError if there is none to read."""
        self._require(self.checkpoint_file)
        try:
            state: dict[str, Any] = torch.load(self.checkpoint_file, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds for a damaged file
            raise UserError(f"{self.checkpoint_file}: damaged checkpoint ({type(error).__name__})") from None
        return state

    def model(self) -> tuple[LlamaForCausalLM, Progress]:
        """The trained model, on the CPU in float32, and how far it was trained."""
        state = self.load()
        config = self.config()
        model = build_model(config.model, config.corpus.vocabulary, torch.device("cpu"))
        model.load_state_dict(state["model"])
        return model.eval(), progress_of(state)

    def _require(self, file: Path) -> None:
        if not file.exists():
            raise UserError(f"{self.path}: no {file.name} here; is this the --out folder of a run?")


def progress_of(state: dict[str, Any]) -> Progress:
    """The progress inside a checkpoint."""
    fields = dict(state["progress"])
    return Progress(**{**fields, "position": Position(**fields["position"])})
