"""Which weights a local model has: two files of one name are two models."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rtlwright.server.config import ModelConfig
from rtlwright.server.model.embedded import shipped_model


def weights(model: str, config: ModelConfig) -> dict[str, str]:
    """`{"weights": …}`, the beginning of the file's SHA-256, as settings of a run; empty for a served model.

    A log then belongs to one file: a newly trained model does not go on with the results of the last one.
    """
    if model == "embedded":
        file = config.path or shipped_model()
    elif model.endswith(".gguf") and "://" not in model:
        file = Path(model)
    else:
        return {}
    try:
        with file.open("rb") as stream:
            return {"weights": hashlib.file_digest(stream, "sha256").hexdigest()[:16]}
    except OSError:
        return {}  # whoever opens the model says so
