"""llama.cpp in this process, as the product runs it: for measuring and for checking an exported file."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import xllamacpp

from rtlwright.server.errors import UserError


@dataclass(frozen=True)
class Answer:
    """One completion. `first_ms` is the time of the prompt, `decode_seconds` that of the other tokens."""

    text: str
    tokens: int
    ended: bool
    first_ms: float
    decode_seconds: float


class LlamaCpp:
    """One GGUF file, one slot. Use as a context manager; the socket is in a private folder."""

    def __init__(self, file: Path, context: int = 1024, threads: int = 1) -> None:
        if not file.is_file():
            raise UserError(f"{file}: no such GGUF file; write one with `rtlwright quantize RUN --to gguf`")
        self.context = context
        self._folder = Path(tempfile.mkdtemp(prefix="rtlwright-"))
        self._socket = self._folder / "engine.sock"
        params = xllamacpp.CommonParams()
        params.model.path = str(file)
        params.n_ctx = context
        params.n_parallel = 1
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.n_threads_http = 1
        params.cache_ram_mib = 0
        params.warmup = False
        params.verbosity = 1
        params.hostnames = [str(self._socket)]
        began = time.monotonic()
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise UserError(f"{file}: llama.cpp cannot load this file") from None
        self.load_seconds = time.monotonic() - began

    def __enter__(self) -> LlamaCpp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def complete(
        self,
        prompt: str,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: tuple[str, ...] = (),
    ) -> Answer:
        """Answer `prompt`; greedy at temperature 0, else nucleus sampling at 0.95."""
        request = {
            "prompt": prompt,
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
            "stop": list(stop),
            "top_k": 0,
            "top_p": 0.95,
            "min_p": 0.02,
            "cache_prompt": False,
        }
        reply = self._ask(request)
        choice, timings = reply["choices"][0], reply["timings"]
        return Answer(
            text=choice["text"],
            tokens=reply["usage"]["completion_tokens"],
            ended=choice["finish_reason"] == "stop",
            first_ms=timings["prompt_ms"],
            decode_seconds=timings["predicted_ms"] / 1000,
        )

    def log_probabilities(self, prompt: str, vocabulary: int) -> npt.NDArray[np.float32]:
        """Log-probability [vocabulary] of each next token after `prompt`."""
        request = {
            "prompt": prompt,
            "max_tokens": 1,
            "temperature": 0.0,
            "logprobs": vocabulary,
            "cache_prompt": False,
        }
        result = np.full(vocabulary, -np.inf, dtype=np.float32)
        for entry in self._ask(request)["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
            result[entry["id"]] = entry["logprob"]
        return result

    def tokenize(self, text: str) -> list[int]:
        """Token ids of `text`, special tokens in it included."""
        transport = httpx.HTTPTransport(uds=str(self._socket))
        body = {"content": text, "add_special": False, "parse_special": True}
        with httpx.Client(transport=transport, timeout=30) as client:
            ids: list[int] = client.post("http://engine/tokenize", json=body).json()["tokens"]
        return ids

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self._server.handle_completions(request)
        if "error" in reply:
            raise UserError(f"llama.cpp: {reply['error'].get('message', 'no answer')}")
        return reply
