"""A model behind an OpenAI-compatible server (vLLM, llama.cpp, any other), for measuring."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from rtlwright.server.errors import UserError
from rtlwright.server.model.protocol import Generation, ModelError, ModelStatus, Sampling
from rtlwright.server.types import Cancel

KEY_VARIABLE = "RTLWRIGHT_API_KEY"
_PATIENCE_S = 600.0
_PAUSES_S = (1.0, 4.0, 15.0)
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


class HttpModel:
    """`Model` over `/chat/completions` (`write`) and `/completions` (`fill`, of the prefix alone).

    What the server refuses (a prompt that is too long) is a `ModelError`, and the sample counts as failed; a
    server that does not answer at all is a `UserError`: it says nothing of the model, so the run stops.
    """

    def __init__(self, url: str, name: str, pauses_s: tuple[float, ...] = _PAUSES_S):
        self.name = name
        self.system = ""
        """System message of `write`."""
        self._url = url.rstrip("/")
        self._pauses_s = pauses_s

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
        messages = [{"role": "system", "content": self.system}] if self.system else []
        body = {"messages": [*messages, {"role": "user", "content": spec}]}
        return self._sample("chat/completions", body, sampling, cancel, on_answer)

    def status(self) -> ModelStatus:
        return ModelStatus(self.name, True, f"{self.name} at {self._url}")

    def close(self) -> None:
        return

    def _sample(
        self, path: str, body: dict[str, Any], sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None,
    ) -> list[Generation]:  # fmt: skip
        found = []
        for index in range(sampling.n):
            greedy = index == 0 and sampling.greedy_first
            request = {
                "model": self.name, "max_tokens": sampling.max_tokens, "top_p": sampling.top_p,
                "temperature": 0.0 if greedy else sampling.temperature, "seed": sampling.seed + index, **body,
            }  # fmt: skip
            found.append(_generation(self._post(path, request, cancel)))
            if on_answer:
                on_answer(found[-1])
        return found

    def _post(self, path: str, body: dict[str, Any], cancel: Cancel) -> dict[str, Any]:
        trouble = ""
        for pause in (*self._pauses_s, None):
            cancel.check()
            try:
                return self._once(path, body)
            except urllib.error.HTTPError as error:
                said = error.read(2000).decode(errors="replace").replace("\n", " ")
                if error.code in (401, 403, 404):
                    raise UserError(_refusal(self._url, path, error.code, said)) from None
                if error.code not in _BUSY:
                    raise ModelError(f"the server refused ({error.code}): {said[:300]}") from None
                trouble = f"status {error.code}"
            except (urllib.error.URLError, OSError, ValueError) as error:
                trouble = str(getattr(error, "reason", error))
            if pause is not None:
                time.sleep(pause)
        raise UserError(
            f"{self._url}/{path}: no answer ({trouble}); start the server or correct --model. "
            "The same command goes on where this one stopped"
        )

    def _once(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY_VARIABLE):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(f"{self._url}/{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
            value: dict[str, Any] = json.loads(answer.read())
        if not isinstance(value, dict):
            raise ValueError("the answer is no JSON object")
        return value


def _refusal(url: str, path: str, code: int, said: str) -> str:
    mend = f"set {KEY_VARIABLE}" if code in (401, 403) else "correct --model or --name"
    return f"{url}/{path}: status {code}; {mend} ({said[:200]})"


def _generation(answer: dict[str, Any]) -> Generation:
    try:
        choice = answer["choices"][0]
        text = choice["text"] if "text" in choice else choice["message"]["content"]
        tokens = int((answer.get("usage") or {}).get("completion_tokens") or 0)
        ended = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ModelError("the server's answer has no choices") from None
    return Generation(str(text or ""), 0.0, 0.0, tokens, "length" if ended == "length" else "stop")
