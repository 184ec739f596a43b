"""What a `LocalService` is made of. The team server makes one for each project out of shared parts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.check.gate import Gate
from rtlwright.server.config import Config
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.feedback import open_store
from rtlwright.server.feedback.store import Store
from rtlwright.server.model import open_model
from rtlwright.server.model.protocol import Model

_THREADS = 4


@dataclass(frozen=True, slots=True)
class Parts:
    """Thread-safe, each of them."""

    index: ProjectIndex
    gate: Gate
    model: Model | None
    store: Store
    threads: ThreadPoolExecutor
    """Where the model is waited for."""

    @classmethod
    def of(cls, config: Config, root: Path) -> Parts:
        """Cheap: index, model and gate start with the first request."""
        return cls(
            ProjectIndex(root, config.project, paths.writable(paths.cache_dir())),
            Gate(config.check),
            open_model(config.model, config.vllm),
            open_store(config.feedback),
            ThreadPoolExecutor(_THREADS, thread_name_prefix="rtlwright-source"),
        )
