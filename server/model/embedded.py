"""The embedded engine: a GGUF file run by llama.cpp in a worker process on this machine's CPU."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rtlwright.server import paths
from rtlwright.server.config import ModelConfig
from rtlwright.server.model.dialect import Dialect, Session, dialect_of
from rtlwright.server.model.gguf_meta import GgufError, read_metadata
from rtlwright.server.model.prompt_window import window
from rtlwright.server.model.protocol import Generation, ModelError, ModelStatus, Sampling
from rtlwright.server.types import Cancel
from rtlwright.server.worker import Worker, WorkerDied, WorkerError, WorkerRefused

SHIPPED = "rtlwright-small.gguf"
_LOAD_TIMEOUT_S = 60.0
_ANSWER_TIMEOUT_S = 120.0
_SHORTEST_MODULE = 128
"""Tokens that a module needs at least beside its specification."""
_RESERVED = 64
"""Tokens of the context kept free beside prompt and answer."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    name: str
    context: int
    dialect: Dialect


def shipped_model() -> Path:
    """The model file that comes with the package."""
    return paths.package_file("model", SHIPPED)


class EmbeddedModel:
    """`Model` over one llama.cpp worker. Loads at the first request; reloads after the worker has died.

    The engine has one slot, so requests are answered one after the other, and the KV cache of the last
    prompt serves the next one as far as both begin alike.
    """

    def __init__(self, config: ModelConfig):
        self._config = config
        self._path = config.path or shipped_model()
        self._worker = Worker("model", _command)
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._loaded_start = 0
        self.name = self._path.stem

    def warm(self) -> None:
        """Load the model now rather than at the first request; failures are told by the first request."""
        try:
            self._load()
        except ModelError:
            return

    def fill(
        self,
        prefix: str,
        suffix: str,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        """See `Model.fill`. What does not fit the context is cut at line ends, farthest from the cursor."""
        loaded = self._load()
        budget = self._characters(loaded, sampling.max_tokens)
        session = loaded.dialect.fill_session(*window(prefix, suffix, budget))
        return self._sample(loaded, session, sampling, cancel, on_answer)

    def read_ahead(self, prefix: str, suffix: str, max_tokens: int, cancel: Cancel) -> None:
        """See `ReadsAhead`."""
        self.fill(prefix, suffix, Sampling(1, max_tokens, answer_tokens=0), cancel)

    def write(
        self,
        spec: str,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        """See `Model.write`."""
        return self.go_on(spec, "", sampling, cancel, on_answer)

    def go_on(
        self,
        spec: str,
        begun: str,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:
        """What follows `begun`, the beginning of a module for `spec` (up to a line end)."""
        loaded = self._load()
        limit = self._characters(loaded, _SHORTEST_MODULE)
        if len(spec) + len(begun) > limit:
            raise ModelError(f"the specification has {len(spec)} characters; this model reads {limit}")
        session = loaded.dialect.write_session(spec, begun)
        return self._sample(loaded, session, sampling, cancel, on_answer)

    def status(self) -> ModelStatus:
        try:
            metadata = read_metadata(self._path)
        except GgufError as error:
            return ModelStatus(self.name, False, str(error))
        name = str(metadata.get("general.name") or self.name)
        size = self._path.stat().st_size / 2**20
        memory = self._memory()
        return ModelStatus(name, True, f"{name}, {size:.1f} MB, embedded (llama.cpp on CPU)", memory)

    def close(self) -> None:
        self._worker.close()

    def _memory(self) -> float | None:
        if self._worker.pid is None or self._loaded is None:
            return None
        try:
            return float(self._worker.call("memory", timeout_s=5))
        except WorkerError:
            return None

    def _generate(self, request: dict[str, Any], cancel: Cancel) -> dict[str, Any]:
        """One answer; if the engine dies over it, once more in a new one (memory may have killed it)."""
        for attempt in range(2):
            try:
                raw: dict[str, Any] = self._worker.call(
                    "generate", request, timeout_s=_ANSWER_TIMEOUT_S, cancel=cancel
                )
                return raw
            except WorkerError as error:
                # It may have died a moment ago, and the one that was started for this call has no model yet.
                died = isinstance(error, WorkerDied) or self._loaded_start != self._worker.starts
                if attempt or not died:
                    raise ModelError(_plain(error)) from None
                self._load()
        raise AssertionError("unreachable")

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded and self._worker.pid and self._loaded_start == self._worker.starts:
                return self._loaded
            try:
                read_metadata(self._path)  # the clear message, without starting a process
                info = self._worker.call("load", self._load_params(), timeout_s=_LOAD_TIMEOUT_S)
            except GgufError as error:
                raise ModelError(str(error)) from None
            except WorkerError as error:
                raise ModelError(_plain(error)) from None
            self.name = str(info["name"])
            self._loaded = _Loaded(self.name, int(info["context"]), dialect_of(info))
            self._loaded_start = self._worker.starts
            return self._loaded

    def _load_params(self) -> dict[str, Any]:
        threads = self._config.threads or max(1, (os.cpu_count() or 2) - 1)
        return {"path": str(self._path.absolute()), "context": self._config.context, "threads": threads}

    def _characters(self, loaded: _Loaded, answer_tokens: int) -> int:
        """How much prompt fits beside the answer, counted cautiously in characters."""
        tokens = loaded.context - min(answer_tokens, loaded.context // 2) - _RESERVED
        return int(tokens * loaded.dialect.characters_per_token)

    def _sample(
        self,
        loaded: _Loaded,
        session: Session,
        sampling: Sampling,
        cancel: Cancel,
        on_answer: Callable[[Generation], None] | None,
    ) -> list[Generation]:
        answers: list[Generation] = []
        for index in range(sampling.n):
            cancel.check()
            request = _request(session.prompt, sampling, index, loaded.dialect.stop)
            answer = _generation(self._generate(request, cancel), session)
            answers.append(answer)
            if on_answer:
                on_answer(answer)
        return answers


def _generation(raw: dict[str, Any], session: Session) -> Generation:
    finished: Literal["stop", "length"] = "stop" if raw["finished"] == "stop" else "length"
    text = session.decode(raw["text"])
    return Generation(text, raw["logprob"], raw["line_logprob"], raw["tokens"], finished)


def _command() -> list[str]:
    return [sys.executable, "-m", "rtlwright.server.model.embedded_worker"]


def _plain(error: WorkerError) -> str:
    """The worker's own message, without the name of the exception that carried it."""
    text = str(error)
    return re.sub(r"^\w+(Error|Exception): ", "", text) if isinstance(error, WorkerRefused) else text


def _request(prompt: str, sampling: Sampling, index: int, stop: tuple[str, ...]) -> dict[str, Any]:
    """The first answer is greedy; each further one has its own seed."""
    return {
        "prompt": prompt,
        "max_tokens": sampling.max_tokens if sampling.answer_tokens is None else sampling.answer_tokens,
        "temperature": 0.0 if index == 0 and sampling.greedy_first else sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": 0,
        "min_p": 0.02 if sampling.greedy_first else 0.0,
        "seed": sampling.seed + index,
        "stop": [*stop, "\n"] if sampling.single_line else list(stop),
        "first_line": sampling.first_line,
    }
