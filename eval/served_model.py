"""A model behind an OpenAI-compatible server, asked as benchmarks do: no dialect, one answer a request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rtlwright.server.config import ModelConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model.answers import AnswerBuilder
from rtlwright.server.model.completions_api import CompletionsApi, RefusedError, UnusableError
from rtlwright.server.model.protocol import Generation, ModelStatus, Sampling
from rtlwright.server.types import Cancel

Message = Mapping[str, str]
"""`{"role", "content"}` of a chat."""
_SILENCE_S = 600.0
"""A server that many requests wait for may be silent for long before the first token."""
_PAUSES_S = (1.0, 4.0, 15.0)


class ServedModel:
    """`Model` over `/chat/completions` (`write`, `chat`) and `/completions` (`fill`).

    What the server refuses (a prompt that is too long) is a `ModelError`, and the sample counts as failed; a
    server that does not answer, or not whole, after several tries is a `UserError`: it says nothing of the
    model, so the run stops.
    """

    def __init__(self, config: ModelConfig, pauses_s: Sequence[float] = _PAUSES_S):
        """`config` has `url` and `name`."""
        silence = max(_SILENCE_S, config.timeout_s)
        self._api = CompletionsApi(config.model_copy(update={"timeout_s": silence}))
        self._pauses_s = pauses_s
        self.name = config.name or ""

    def warm(self) -> None:
        return

    def fill(
        self, prefix: str, suffix: str, sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:  # fmt: skip
        """See `Model.fill`. The suffix goes along as the protocol's `suffix`, where there is one."""
        body: dict[str, Any] = {"prompt": prefix, **({"suffix": suffix} if suffix else {})}
        if sampling.single_line:
            body["stop"] = ["\n"]
        return self._sample("completions", body, sampling, cancel, on_answer)

    def write(
        self, spec: str, sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:  # fmt: skip
        """See `Model.write`."""
        return self.chat([{"role": "user", "content": spec}], sampling, cancel, on_answer)

    def chat(
        self, messages: Sequence[Message], sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:  # fmt: skip
        """The next message of a conversation, `sampling.n` times."""
        body = {"messages": [dict(message) for message in messages]}
        return self._sample("chat/completions", body, sampling, cancel, on_answer)

    def status(self) -> ModelStatus:
        return ModelStatus(self.name, True, f"{self.name} at {self._api.base}")

    def close(self) -> None:
        self._api.close()

    def _sample(
        self, path: str, body: dict[str, Any], sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None,
    ) -> list[Generation]:  # fmt: skip
        """A request each: an answer is the same whatever it is sampled together with."""
        found = []
        for index in range(sampling.n):
            greedy = index == 0 and sampling.greedy_first
            request = {
                "model": self.name, "max_tokens": sampling.max_tokens, "top_p": sampling.top_p,
                "temperature": 0.0 if greedy else sampling.temperature, "seed": sampling.seed + index,
                "stream": True, "stream_options": {"include_usage": True}, **body,
            }  # fmt: skip
            found.append(self._patiently(path, request, cancel))
            if on_answer:
                on_answer(found[-1])
        return found

    def _patiently(self, path: str, body: dict[str, Any], cancel: Cancel) -> Generation:
        """Asked again after the pauses; an answer that broke off counts for nothing."""
        wake = threading.Event()
        cancel.on_cancel(wake.set)
        for pause in (*self._pauses_s, None):
            cancel.check()
            builder = AnswerBuilder(1, str)
            try:
                self._api.stream(body, builder, cancel, path)
                return builder.answers()[0]
            except UnusableError as error:
                trouble = str(error)
            except RefusedError as error:
                trouble = str(error)
                pause = None if pause is None else max(pause, error.wait_s)
            if pause is not None:
                wake.wait(pause)
        raise UserError(
            f"{trouble} (start the server, or correct --model or --name; the same command goes on where this "
            "one stopped)"
        )
