"""The single checks of `rtlwright doctor`, each a function that yields what it found."""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.config import CheckConfig, Config, FeedbackConfig, ModelConfig, find_file
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.model.embedded import shipped_model
from rtlwright.server.model.gguf_meta import GgufError, read_metadata
from rtlwright.server.model.launch.checkpoint import read_checkpoint
from rtlwright.server.model.launch.environment import find_environment

_PATIENCE_S = 1.0
_IMPORT_PATIENCE_S = 15.0
"""A library is no less there because the machine is busy."""
_LIBRARIES = (("pyslang", "pyslang"), ("pyosys", "pyosys.libyosys"), ("xllamacpp", "xllamacpp"))
_EXTRAS = (
    ("serve", ("fastapi", "uvicorn", "prometheus_client")),
    ("train", ("torch", "transformers", "tokenizers", "safetensors", "gguf")),
    ("vllm", ("vllm",)),
)
_PACKAGES = {
    "iverilog": {"brew": "icarus-verilog"},
    "bubblewrap": {},
}
_INSTALLERS = {
    "apt-get": "apt-get install",
    "dnf": "dnf install",
    "pacman": "pacman -S",
    "brew": "brew install",
}
_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_VERSION = 1


class CheckStatus(StrEnum):
    OK = "ok"
    WARN = "warn"
    """Works, with something less than it could have."""
    MISSING = "missing"
    """rtlwright needs it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was examined."""

    name: str
    status: CheckStatus
    version: str = ""
    detail: str = ""
    mend: str = ""
    """The command that mends it, or what to do; empty where nothing needs mending."""


def python() -> Iterator[Check]:
    good = sys.version_info >= (3, 11)
    detail = f"{platform.system()} {platform.machine()}, {os.cpu_count() or 1} cores"
    mend = "" if good else "install Python 3.11 or newer and make the environment again"
    yield Check("python", _needed(good), platform.python_version(), detail, mend)


def package() -> Iterator[Check]:
    version = _installed("rtlwright")
    where = f"in {Path(__file__).parent}"
    yield Check(
        "rtlwright", CheckStatus.OK if version else CheckStatus.WARN, version or "not installed", where
    )


def libraries() -> Iterator[Check]:
    """Loaded in a process of their own: a wheel for another CPU dies with a signal, not an exception."""
    running = [(name, _start(sys.executable, "-c", f"import {module}")) for name, module in _LIBRARIES]
    for name, process in running:
        version = _installed(name) or ""
        problem = _outcome(process, _IMPORT_PATIENCE_S)
        detail = {"pyslang": "parser", "pyosys": "Yosys in the process", "xllamacpp": "llama.cpp"}[name]
        if problem is None:
            yield Check(name, CheckStatus.OK, version, detail)
        else:
            mend = f"{sys.executable} -m pip install --force-reinstall {name}"
            yield Check(name, CheckStatus.MISSING, version, f"{detail}: {problem}", mend)


def model(config: ModelConfig, needed: bool) -> Iterator[Check]:
    if config.engine == "vllm":
        return  # `model_server` tells
    if config.engine != "embedded":
        yield Check("model", CheckStatus.OK, detail=f"none wanted (model.engine is {config.engine!r})")
        return
    path = config.path or shipped_model()
    problem = _model_problem(path)
    if problem is None:
        yield Check("model", CheckStatus.OK, f"{path.stat().st_size / 2**20:.1f} MiB", str(path))
        return
    mend = "set model.path in rtlwright.toml to a GGUF file" if config.path else _reinstall()
    status = CheckStatus.MISSING if needed else CheckStatus.WARN
    yield Check("model", status, detail=problem, mend=mend)


def model_server(config: Config) -> Iterator[Check]:
    """vLLM, where it is wanted or there."""
    wanted = config.model.engine == "vllm"
    gpus = len((_output("nvidia-smi", "-L") or "").splitlines())
    try:
        found = find_environment(config.vllm.python, gpus)
        if wanted and config.vllm.model:
            read_checkpoint(config.vllm.model)
    except UserError as error:
        if wanted:
            *_, mend = str(error).rpartition(": ") if isinstance(error, MissingError) else ("",)
            yield Check("vllm", CheckStatus.MISSING, detail=str(error), mend=mend)
    else:
        versions = found.python.parent.parent.glob("lib/python3*/site-packages/vllm*-[0-9]*.dist-info")
        names = [path.name.removesuffix(".dist-info").rpartition("-")[2] for path in versions]
        kind = "for CPUs" if found.cpu_build else "for GPUs"
        yield Check("vllm", CheckStatus.OK, names[0] if names else "", f"{kind}, {found.python}")


def sandbox(config: CheckConfig, needed: bool) -> Iterator[Check]:
    """Bubblewrap is tried, since a kernel may forbid the namespaces that it needs; Landlock is asked."""
    bubblewrap, abi = _bubblewrap_problem(), landlock_abi()
    works = bubblewrap is None
    detail = "" if works else f"{bubblewrap}; " + ("Landlock serves instead" if abi else "no Landlock either")
    status = CheckStatus.OK if works else CheckStatus.WARN
    if not works and not abi:
        status = CheckStatus.MISSING if needed else CheckStatus.WARN
    version = (_output("bwrap", "--version") or "").removeprefix("bubblewrap").strip() if works else ""
    mend = "" if works else install_command("bubblewrap")
    if config.sandbox == "off":
        yield Check("sandbox", CheckStatus.WARN, detail="check.sandbox is off: tools run unconfined",
                    mend="remove sandbox = \"off\" from rtlwright.toml")  # fmt: skip
    yield Check("bubblewrap", status, version, detail or "confines the tools", mend)
    detail = "confines the tools where bubblewrap cannot" if abi else "the kernel does not offer it"
    yield Check("landlock", CheckStatus.OK if abi or works else status, f"ABI {abi}" if abi else "", detail)


def configuration(root: Path) -> Iterator[Check]:
    files = [file for file in (paths.config_file(), find_file(root.absolute())) if file and file.is_file()]
    named = ", ".join(str(file) for file in files) or "no file: the defaults hold"
    try:
        Config.load(root)
    except UserError as error:
        yield Check("configuration", CheckStatus.WARN, detail=str(error), mend="correct the line named above")
    else:
        yield Check("configuration", CheckStatus.OK, detail=named)


def directories() -> Iterator[Check]:
    """Yields nothing missing: without any of them rtlwright works, and only remembers less."""
    wanted = (("data", paths.data_dir()), ("cache", paths.cache_dir()), ("log", paths.log_dir()))
    bad = [f"{name} {path or '(no home directory)'}" for name, path in wanted if not paths.writable(path)]
    if bad:
        detail = f"cannot be written: {', '.join(bad)}"
        yield Check("directories", CheckStatus.WARN, detail=detail, mend="make them writable, or set HOME")
    else:
        yield Check(
            "directories", CheckStatus.OK, detail=f"data in {paths.data_dir()}, cache in {paths.cache_dir()}"
        )


def feedback(config: FeedbackConfig) -> Iterator[Check]:
    """Only looks: making or mending the file is the store's business."""
    if config.capture == "off":
        yield Check("feedback", CheckStatus.OK, detail="feedback.capture is off: nothing is kept")
        return
    path = config.path or _newest_store(paths.data_dir())
    if path is None or not path.exists():
        yield Check("feedback", CheckStatus.OK, detail="nothing recorded yet; it stays on this machine")
        return
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.2)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        yield Check(
            "feedback", CheckStatus.WARN, detail=f"{path}: {error}", mend="set feedback.path to another file"
        )
    else:
        yield Check("feedback", CheckStatus.OK, f"{path.stat().st_size / 2**20:.1f} MiB", str(path))


def gpu() -> Iterator[Check]:
    listed = _output("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
    names = [line.strip() for line in (listed or "").splitlines() if line.strip()]
    detail = "; ".join(names) if names else "none seen: the embedded model runs on the CPU"
    yield Check("gpu", CheckStatus.OK, f"{len(names)}" if names else "", detail)


def extras() -> Iterator[Check]:
    for name, modules in _EXTRAS:
        absent = [module for module in modules if not _importable(module)]
        what = f"without {', '.join(absent)}; only if you want it: pip install 'rtlwright[{name}]'"
        yield Check(f"extra {name}", CheckStatus.OK, "" if absent else _installed(modules[0]) or "",
                    what if absent else "installed")  # fmt: skip


def _importable(module: str) -> bool:
    """A folder that only has the name is not enough."""
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin is not None


def install_command(package: str) -> str:
    """For the package manager that this machine has."""
    for manager, command in _INSTALLERS.items():
        if shutil.which(manager):
            name = _PACKAGES[package].get(manager, package)
            return f"{'' if manager == 'brew' or paths.running_as_root() else 'sudo '}{command} {name}"
    return f"install {package} with your system's package manager"


def landlock_abi() -> int:
    """The kernel's Landlock version, 0 where it has none (landlock_create_ruleset(2), the VERSION flag)."""
    if platform.system() != "Linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    abi: int = libc.syscall(
        _LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_VERSION)
    )
    return max(abi, 0)


def _needed(good: bool) -> CheckStatus:
    return CheckStatus.OK if good else CheckStatus.MISSING


def _installed(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _reinstall() -> str:
    return f"{sys.executable} -m pip install --force-reinstall rtlwright"


def _model_problem(path: Path) -> str | None:
    """None for a GGUF file whose head can be read; the tensors are the engine's business."""
    try:
        with path.open("rb") as file:
            if file.read(32).startswith(b"version https://git-lfs"):
                return f"{path}: a Git LFS pointer, not the model: run 'git lfs pull'"
        read_metadata(path)
    except OSError as error:
        return f"{path}: {error.strerror or 'cannot be read'}"
    except GgufError as error:
        return str(error)
    return None


def _newest_store(directory: Path | None) -> Path | None:
    found = [*directory.glob("*.db"), *directory.glob("*.sqlite*")] if directory else []
    found = [file for file in found if not file.name.endswith(("-wal", "-shm", ".lock"))]
    return max(found, key=lambda file: file.stat().st_mtime, default=None)


def _bubblewrap_problem() -> str | None:
    if shutil.which("bwrap") is None:
        return "not installed"
    command = (
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    )
    problem = _outcome(_start(*command, sys.executable, "-S", "-c", ""))
    return f"does not work here: {problem}" if problem else None


def _start(*argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )


def _outcome(process: subprocess.Popen[str], patience_s: float = _PATIENCE_S) -> str | None:
    """None if the process ended well; else the last line that it said, or how it ended."""
    try:
        _, said = process.communicate(timeout=patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"no answer within {patience_s:g} s"
    if process.returncode == 0:
        return None
    return (said.strip().splitlines() or [f"ended with status {process.returncode}"])[-1]


def _output(*argv: str) -> str | None:
    """Standard output of a tool, None if it is not there, fails or takes too long."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
