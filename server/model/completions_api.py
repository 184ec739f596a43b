"""HTTP with an OpenAI-compatible completions API: one request, its stream, and what can go wrong with it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Mapping
from typing import Any

import httpx2

from rtlwright.server.config import ModelConfig
from rtlwright.server.model.answers import AnswerBuilder
from rtlwright.server.model.protocol import ModelError
from rtlwright.server.model.sse import StreamError, events
from rtlwright.server.types import Cancel, Cancelled

_RETRY_AFTER_S = 0.2
_LONGEST_RETRY_S = 5.0
_WORTH_A_RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST = re.compile(r"(?:maximum context length is |max_model_len=)(\d+)")
_PROMPT = re.compile(
    r"(at least )?(\d+) (?:input tokens|tokens from the input|in the (?:prompt|messages|input))"
)


class RefusedError(Exception):
    """Nothing came; asking again after `wait_s` may help. The message is one line for the user."""

    def __init__(self, message: str, wait_s: float):
        super().__init__(message)
        self.wait_s = min(wait_s, _LONGEST_RETRY_S)


class UnusableError(ModelError):
    """The fault is the server's, its address' or the key's: every other request would meet it, too."""


class TooLongError(ModelError):
    """Prompt and answer together do not fit; `room` tokens of an answer do, as far as the server said it."""

    def __init__(self, message: str, room: int | None):
        super().__init__(message)
        self.room = room


class CompletionsApi:
    """Thread-safe. The key comes from the environment and goes nowhere but to `model.url`."""

    def __init__(self, config: ModelConfig, environ: Mapping[str, str] | None = None):
        key = (os.environ if environ is None else environ).get(config.key_env)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx2.Timeout(config.timeout_s, connect=5.0)
        # A redirect would carry the prompt to somebody who was not named.
        # As many connections as there are requests: how many that may be, the caller knows.
        limits = httpx2.Limits(max_connections=None)
        self._client = httpx2.Client(headers=headers, timeout=timeout, follow_redirects=False, limits=limits)
        self._config = config
        self.base = (config.url or "").rstrip("/")

    def close(self) -> None:
        self._client.close()

    def served(self, timeout_s: float) -> dict[str, int | None]:
        """Names of the models that the server has, with the context in tokens where it says it, as vLLM does.

        Raises:
            ModelError: it cannot be reached, refuses, or answers something else.
        """
        try:
            response = self._client.get(f"{self.base}/models", timeout=timeout_s)
            if response.status_code != 200:
                raise ModelError(str(self._fault(response)))
            return {
                str(model["id"]): _tokens(model.get("max_model_len")) for model in response.json()["data"]
            }
        except httpx2.HTTPError as error:
            raise ModelError(str(self._broken(error))) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ModelError(f"{self.base}/models: no list of models; model.url ends with /v1") from None

    def stream(
        self, body: dict[str, Any], builder: AnswerBuilder, cancel: Cancel, path: str = "completions"
    ) -> None:
        """Send one request (`path` may be "chat/completions", too); `builder` takes what comes.

        Raises:
            RefusedError: another try may help.
            TooLongError: a shorter answer may.
            ModelError: it may not (`UnusableError`: nor would any other request).
            Cancelled: `cancel` was set; the connection is closed, which ends the work there, too (of a
                server that answers nothing before its first token: then).
        """
        try:
            with self._client.stream("POST", f"{self.base}/{path}", json=body) as response:
                cancel.on_cancel(lambda: _hang_up(response))
                if response.status_code != 200:
                    raise self._fault(response)
                for data in events(response.iter_raw()):
                    if data == "[DONE]":
                        return
                    builder.take(_chunk(data))
                cancel.check()
                if not builder.complete:
                    raise UnusableError(f"{self.base}: the answer broke off")
        except (httpx2.HTTPError, httpx2.StreamError, OSError, StreamError) as error:
            if cancel.cancelled:
                raise Cancelled from None
            if isinstance(error, StreamError):
                raise UnusableError(f"{self.base}: {error}") from None
            raise self._broken(error) from None

    def _fault(self, response: httpx2.Response) -> Exception:
        """What a status other than 200 means."""
        code, said = response.status_code, _message(response)
        if code in _WORTH_A_RETRY:
            return RefusedError(f"{self.base} answers {code}: {said}", _wait_s(response))
        if code in (401, 403):
            return UnusableError(f"{self.base} refuses the key ({code}); put it into ${self._config.key_env}")
        if code == 404:
            return UnusableError(f"{self.base} answers 404: {said}; is model.url right, and model.name?")
        if code == 400 and _MOST.search(said):
            return TooLongError(f"{self.base} answers {code}: {said}", _room(said))
        return ModelError(f"{self.base} answers {code}: {said}")

    def _broken(self, error: Exception) -> Exception:
        if isinstance(error, httpx2.ReadTimeout):
            return UnusableError(f"{self.base}: nothing came for {self._config.timeout_s:g} s")
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return RefusedError(
                f"nothing answers at {self.base}; is the model server running?", _RETRY_AFTER_S
            )
        if isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError):
            return RefusedError(f"{self.base}: the server broke the connection off", _RETRY_AFTER_S)
        return RefusedError(f"{self.base}: {type(error).__name__}", _RETRY_AFTER_S)


def _chunk(data: str) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError):
        raise StreamError("an event that is no JSON") from None
    if not isinstance(chunk, dict):
        raise StreamError("an event that is no object")
    if "error" in chunk:
        error = chunk["error"]
        raise ModelError(str(error.get("message", error) if isinstance(error, dict) else error)[:300])
    return chunk


def _message(response: httpx2.Response) -> str:
    """The server's own words, one line of them."""
    try:
        body = response.read()[:10_000]
        found = json.loads(body)
        error = found.get("error", found)
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError, httpx2.HTTPError, httpx2.StreamError):
        text = response.reason_phrase
    return " ".join(text.split())[:300]


def _room(said: str) -> int | None:
    """How long an answer may be, from vLLM's refusal of a longer one; None where it did not count to the end.

    >>> _room("This model's maximum context length is 1024 tokens. However, you requested 900 output tokens "
    ...       "and your prompt contains 125 input tokens, for a total of 1025 tokens.")
    899
    """
    most, prompt = _MOST.search(said), _PROMPT.search(said)
    if not most or not prompt or prompt[1]:
        return None
    return max(0, int(most[1]) - int(prompt[2]))


def _wait_s(response: httpx2.Response) -> float:
    try:
        return float(response.headers.get("Retry-After", _RETRY_AFTER_S))
    except ValueError:
        return _RETRY_AFTER_S


def _hang_up(response: httpx2.Response) -> None:
    """From any thread: whoever reads the stream stops waiting, and the server sees the end at once."""
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream is not None else None
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _tokens(said: object) -> int | None:
    return said if isinstance(said, int) and said > 0 else None
