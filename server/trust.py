"""What a project's own `rtlwright.toml` may not decide: it comes with the code, perhaps from a stranger.

Opening a project must neither run a program of its choice, nor load a model of its choice (the engine that
reads it is not confined), nor take the sandbox away, nor send code or a token anywhere. Such keys belong into
the user's own file, the environment, or the editor's settings; or the user names the folders that he trusts
there, as in an editor's workspace trust. What filelists may read is decided in `context/discover.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rtlwright.server import paths
from rtlwright.server.errors import UserError


def judge(layer: Mapping[str, Any], file: Path, trusted: Iterable[Path] = ()) -> None:
    """Raises `UserError` for the first key of a project's `file` that it may not set.

    Below one of the folders `trusted` it may set all but these.
    """
    for key in _table(layer, "trust"):
        raise _refused(file, f"trust.{key}", "whom you trust")
    where = Path(os.path.realpath(file))
    if any(where.is_relative_to(os.path.realpath(folder.expanduser())) for folder in trusted):
        return
    check, feedback, model = (_table(layer, name) for name in ("check", "feedback", "model"))
    for key in _table(layer, "server"):
        raise _refused(file, f"server.{key}", "where code is sent")
    for key in _table(layer, "serve"):
        raise _refused(file, f"serve.{key}", "who is served")
    for key in _table(layer, "vllm"):
        raise _refused(file, f"vllm.{key}", "which program runs")
    if model.get("engine") == "vllm":
        raise _refused(file, "model.engine", "which program runs")
    for key in ("url", "key_env"):
        if key in model:
            raise _refused(file, f"model.{key}", "where code is sent")
    for key in ("path", "script"):
        if key in model:
            raise _refused(file, f"model.{key}", "which file is loaded as a model")
    if "icarus" in check:
        raise _refused(file, "check.icarus", "which program runs")
    if check.get("sandbox") == "off":
        raise _refused(file, "check.sandbox", "that nothing is confined")
    if check.get("simulate") == "on":
        raise _refused(file, "check.simulate", "that designs run where nothing confines them")
    if "database" in feedback:
        raise _refused(file, "feedback.database", "where code is sent")
    path = feedback.get("path")
    if isinstance(path, str) and not Path(os.path.normpath(path)).is_relative_to(file.parent):
        raise _refused(file, "feedback.path", "about files outside of the project")


def _table(layer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = layer.get(name)
    return found if isinstance(found, dict) else {}


def _refused(file: Path, key: str, what: str) -> UserError:
    own, variable = paths.config_file() or "your own file", f"RTLWRIGHT_{key.replace('.', '_').upper()}"
    return UserError(
        f"{file}: {key}: a project's file may not decide {what}; put it into {own}, or set {variable}, "
        "or name the project in trust.projects there"
    )
