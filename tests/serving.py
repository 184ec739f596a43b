"""A team server in this process, on a port of its own, over real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rtlwright.server.app.app import create_app
from rtlwright.server.app.audit import Audit
from rtlwright.server.app.listen import TeamServer, listening
from rtlwright.server.app.tokens import Tokens
from rtlwright.server.config import Config


@dataclass(frozen=True)
class Running:
    url: str
    app: Any

    @property
    def backend(self) -> Any:
        return self.app.state.backend

    @property
    def calls(self) -> Any:
        return self.app.state.calls


@contextmanager
def serving(config: Config, slots: int = 8, tokens: Tokens | None = None) -> Iterator[Running]:
    """Without `tokens`, nobody needs one. `config.serve.port` should be 0."""
    app = create_app(config, slots, tokens, Audit(config.serve))
    with listening(config.serve) as bound:
        server = TeamServer(app, config.serve)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        scheme = "https" if config.serve.tls_cert else "http"
        try:
            yield Running(f"{scheme}://127.0.0.1:{bound.getsockname()[1]}", app)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server did not end"
