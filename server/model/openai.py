"""The `openai` engine: any server with OpenAI's completions API, such as vLLM, llama.cpp and Ollama."""

from __future__ import annotations

import contextlib
import json
import random
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rtlwright.server.config import ModelConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model.answers import AnswerBuilder
from rtlwright.server.model.chat import ChatDialect
from rtlwright.server.model.completions_api import CompletionsApi, RefusedError, TooLongError
from rtlwright.server.model.dialect import Dialect, ProfileDialect, Session, SlotDialect
from rtlwright.server.model.embedded import shipped_model
from rtlwright.server.model.gguf_meta import GgufError, read_metadata
from rtlwright.server.model.profiles import profile_named, recognize
from rtlwright.server.model.protocol import WINDOW, Generation, ModelError, ModelStatus, Sampling
from rtlwright.server.types import Cancel

_RETRIES = 2
_STATUS_TIMEOUT_S = 3.0
_LEAST = 256
"""Tokens of an answer that are asked for at least; the server may say that they do not fit."""
_SHORTEST = 32
"""Tokens of an answer that is worth asking for, where the context is nearly full."""


class OpenAIModel:
    """`Model` over HTTP. Answers stream; a cancelled request closes its connection, which ends it there.

    The greedy answer and the sampled ones are two requests side by side: a request has one temperature.
    """

    def __init__(
        self,
        config: ModelConfig,
        environ: dict[str, str] | None = None,
        dialect: Dialect | None = None,
        choose: Callable[[], str | None] | None = None,
    ):
        """Cheap: nothing is asked before the first request.

        `dialect`: how the model is spoken to, where that is known. `choose` is asked before each request for
        the name of an adapter to use; None means the model itself.

        Raises:
            UserError: `model.url` is missing, or is no URL.
        """
        url = config.url or ""
        if not re.match(r"https?://[^/]", url):
            raise UserError(
                f"model.engine is 'openai' but model.url is {url!r}; set it, for example http://localhost:8000/v1"
            )
        self._config = config
        self._api = CompletionsApi(config, environ)
        self._slots = threading.BoundedSemaphore(config.concurrency)
        self._threads = ThreadPoolExecutor(2 * config.concurrency, thread_name_prefix="rtlwright-openai")
        self._lock = threading.Lock()
        self._known_dialect = dialect
        self._choose = choose
        self._dialect: Dialect | None = None
        self.name = config.name or "openai"

    def warm(self) -> None:
        with contextlib.suppress(ModelError):
            self._load()

    def fill(
        self, prefix: str, suffix: str, sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:  # fmt: skip
        """See `Model.fill`. The window around the cursor is cut to what the context holds."""
        from rtlwright.server.context.window import head, tail

        dialect = self._load()
        budget = int(max(256, self._config.context - sampling.max_tokens - 64) * dialect.characters_per_token)
        before = tail(prefix, budget * 3 // 4)
        after = head(suffix, budget - len(before))
        session = dialect.fill_session(before, after)
        one_line = sampling.single_line and session.system is None  # a code block has several
        stop = ("\n", *dialect.stop) if one_line else dialect.stop
        return self._sample(dialect, session, stop, sampling, cancel, on_answer)

    def write(
        self, spec: str, sampling: Sampling, cancel: Cancel,
        on_answer: Callable[[Generation], None] | None = None,
    ) -> list[Generation]:  # fmt: skip
        """See `Model.write`."""
        dialect = self._load()
        session = dialect.write_session(spec)
        return self._sample(dialect, session, dialect.stop, sampling, cancel, on_answer)

    def status(self) -> ModelStatus:
        try:
            served = self._api.served(_STATUS_TIMEOUT_S)
        except ModelError as error:
            return ModelStatus(self.name, False, str(error))
        if self._config.name and self._config.name not in served:
            return ModelStatus(self.name, False, self._unknown(served))
        name = self._config.name or next(iter(served), self.name)
        return ModelStatus(name, bool(served), f"{name} at {self._api.base}")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._api.close()

    # The parts

    def _sample(
        self, dialect: Dialect, session: Session, stop: tuple[str, ...], sampling: Sampling,
        cancel: Cancel, on_answer: Callable[[Generation], None] | None,
    ) -> list[Generation]:  # fmt: skip
        """The greedy answer first, where one is wanted."""
        cancel.check()
        common: dict[str, Any] = {
            "model": (self._choose and self._choose()) or self.name,
            "max_tokens": self._room(dialect, session, sampling),
            "stream": True,
            **_asked(session),
            **({"stop": list(stop)[: self._config.max_stops]} if stop else {}),
            **dialect.options,
        }
        greedy = {**common, "n": 1, "temperature": 0.0}
        drawn = {
            **common, "n": sampling.n - sampling.greedy_first, "temperature": sampling.temperature,
            "top_p": sampling.top_p, "seed": sampling.seed + sampling.greedy_first,
        }  # fmt: skip
        bodies = [greedy] * sampling.greedy_first + [drawn] * (sampling.n > sampling.greedy_first)
        builders = [AnswerBuilder(body["n"], session.decode, on_answer) for body in bodies]
        *first, last = list(zip(bodies, builders, strict=True))
        others = [self._threads.submit(self._ask, body, builder, cancel) for body, builder in first]
        try:
            self._ask(*last, cancel)
        finally:
            results = [other.exception() for other in others]
        for error in results:
            if error is not None:
                raise error
        return [answer for builder in builders for answer in builder.answers()]

    def _room(self, dialect: Dialect, session: Session, sampling: Sampling) -> int:
        """As many tokens as are wanted and fit, where the context is known; a refusal costs a round trip."""
        if "context" not in self._config.model_fields_set:
            return sampling.max_tokens
        room = int(self._config.context - len(session.prompt) / dialect.characters_per_token)
        return min(sampling.max_tokens, max(room, _LEAST))

    def _ask(self, body: dict[str, Any], builder: AnswerBuilder, cancel: Cancel) -> None:
        """One request; again after a while if nothing has come of it yet."""
        attempt = 0
        with self._turn(cancel):
            while True:
                cancel.check()
                try:
                    self._api.stream(body, builder, cancel, _path(body))
                    return
                except TooLongError as error:
                    room = body["max_tokens"] // 2 if error.room is None else error.room
                    if not _SHORTEST <= room < body["max_tokens"]:
                        raise ModelError(str(error)) from None
                    body = {**body, "max_tokens": room}
                except RefusedError as refused:
                    if attempt == _RETRIES or builder.begun:
                        raise ModelError(str(refused)) from None
                    _pause(refused.wait_s * (1 + random.random()), cancel)
                    attempt += 1

    @contextlib.contextmanager
    def _turn(self, cancel: Cancel) -> Iterator[None]:
        """No more requests at once than the server was said to take."""
        while not self._slots.acquire(timeout=0.05):
            cancel.check()
        try:
            yield
        finally:
            self._slots.release()

    def _load(self) -> Dialect:
        """Which model there is, and how it wants its prompts; asked once."""
        with self._lock:
            if self._dialect is None:
                served = self._api.served(self._config.timeout_s)
                if self._config.name and self._config.name not in served:
                    raise ModelError(self._unknown(served))
                if not served:
                    raise ModelError(f"{self._api.base} serves no model")
                self.name = self._config.name or next(iter(served))
                context = served[self.name]
                if context and "context" not in self._config.model_fields_set:
                    self._config = self._config.model_copy(update={"context": min(context, WINDOW)})
                self._dialect = self._known_dialect or _dialect(self.name, self._config)
            return self._dialect

    def _unknown(self, served: Iterable[str]) -> str:
        return (
            f"{self._api.base} serves no model {self._config.name!r}; it has: {', '.join(served) or 'none'}"
        )


def _dialect(name: str, config: ModelConfig) -> Dialect:
    """rtlwright's own models by their name: their lexicon is that of the shipped one."""
    if config.api == "chat":
        return ChatDialect()
    if config.profile:
        return ProfileDialect(profile_named(config.profile))
    if name.rpartition("/")[2].startswith("rtlwright"):
        with contextlib.suppress(GgufError):
            lexicon = read_metadata(shipped_model()).get("rtlwright.lexicon")
            if lexicon:
                return SlotDialect(frozenset(json.loads(lexicon) if isinstance(lexicon, str) else lexicon))
    return ProfileDialect(recognize(name))


def _asked(session: Session) -> dict[str, Any]:
    """The prompt, as the endpoint wants it."""
    if session.system is None:
        return {"prompt": session.prompt, "logprobs": 1}
    messages = [{"role": "system", "content": session.system}, {"role": "user", "content": session.prompt}]
    return {"messages": messages, "logprobs": True}


def _path(body: dict[str, Any]) -> str:
    return "chat/completions" if "messages" in body else "completions"


def _pause(seconds: float, cancel: Cancel) -> None:
    wake = threading.Event()
    cancel.on_cancel(wake.set)
    wake.wait(seconds)
    cancel.check()
