"""LoRA adapters of a served model: which there are, which one answers, kept over restarts.

An adapter is copied when it is promoted, under the hash of its contents: what a training run does to its
folder afterwards changes nothing that is served. In vLLM it has the name `NAME@HASH`, so that a newer one of
the same name can be loaded beside it: new requests ask for the newer one, those under way end with the older.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.checkpoint import read_json

_FILES = ("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin", "README.md")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAMAGED = (UserError, KeyError, TypeError)
"""What reading a roster raises where it is none."""
_COPIES = "adapters"
_UNLISTED_S = 3600.0
"""A copy that no roster lists is kept for so long: it may be about to be promoted, or be asked for still."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One that was promoted."""

    name: str
    digest: str
    path: str
    """Our copy."""
    origin: str
    """Where it came from."""
    rank: int

    @property
    def served_name(self) -> str:
        return f"{self.name}@{self.digest[:8]}"


@dataclass(frozen=True, slots=True)
class Roster:
    """What one served model has."""

    adapters: tuple[Adapter, ...] = ()
    active: str | None = None
    """Name of the adapter that new requests use; None: the model itself."""

    def find(self, name: str | None) -> Adapter | None:
        return next((adapter for adapter in self.adapters if adapter.name == name), None)


class AdapterStore:
    """The adapters of the model that is served as `base`, on disk. Several processes may use it at once."""

    def __init__(self, folder: Path, base: str):
        self._folder = folder
        self._file = folder / f"{_file_name(base)}.adapters.json"
        self._stamp: tuple[int, int] | None = None
        self._roster = Roster()

    def roster(self) -> Roster:
        """Cheap: the file is read when it has changed."""
        try:
            stat = self._file.stat()
        except OSError:
            return Roster()
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._stamp:
            self._roster, self._stamp = self._read(), stamp
        return self._roster

    def keep(self, source: Path, name: str | None) -> Adapter:
        """Copy an adapter's files. It is not listed before `promote`.

        Raises:
            UserError: it is no adapter; the message says what is there instead.
        """
        rank = adapter_rank(source)
        name = name or source.absolute().name
        if not _NAME.fullmatch(name):
            raise UserError(
                f"{name!r} is no name for an adapter: letters, digits, '.', '_' and '-'; give --name"
            )
        digest = _digest(source)
        target = self._folder / _COPIES / f"{name}-{digest[:16]}"
        if target.exists():
            target.touch()  # it is wanted again
        else:
            beside = target.with_name(target.name + f".{os.getpid()}")
            try:
                beside.mkdir(parents=True, exist_ok=True)
                for file in _files(source):
                    shutil.copyfile(file, beside / file.name)
                beside.rename(target)
            except OSError as error:
                shutil.rmtree(beside, ignore_errors=True)
                if not target.exists():
                    raise UserError(f"{target}: cannot be written ({error.strerror})") from None
        return Adapter(name, digest, str(target), str(source.resolve()), rank)

    def promote(self, adapter: Adapter) -> Adapter | None:
        """List it and let new requests use it. Returns the one of the same name that it replaces, if any."""
        with self._changing() as roster:
            old = roster.find(adapter.name)
            others = tuple(known for known in roster.adapters if known.name != adapter.name)
            self._write(Roster((*others, adapter), adapter.name))
        return old if old and old.digest != adapter.digest else None

    def activate(self, name: str | None) -> None:
        """Let new requests use one that is listed, or the model itself.

        Raises:
            UserError: none is listed under that name.
        """
        with self._changing() as roster:
            if name is not None and roster.find(name) is None:
                known = ", ".join(adapter.name for adapter in roster.adapters) or "none"
                raise UserError(f"no adapter is called {name!r}; promoted are: {known}")
            self._write(Roster(roster.adapters, name))

    def remove(self, name: str) -> Adapter:
        """Forget one; its copy goes with the next `tidy`. Raises `UserError` for an unknown name."""
        with self._changing() as roster:
            adapter = roster.find(name)
            if adapter is None:
                known = ", ".join(adapter.name for adapter in roster.adapters) or "none"
                raise UserError(f"no adapter is called {name!r}; promoted are: {known}")
            others = tuple(known for known in roster.adapters if known.name != name)
            self._write(Roster(others, None if roster.active == name else roster.active))
        return adapter

    def tidy(self) -> None:
        """Delete copies that no roster lists any more; none where one is damaged, which may list them."""
        try:
            rosters = [_parsed(file) for file in self._folder.glob("*.adapters.json")]
        except _DAMAGED:
            return
        listed = {adapter.path for roster in rosters for adapter in roster.adapters}
        for copy in (self._folder / _COPIES).glob("*"):
            with contextlib.suppress(OSError):
                if str(copy) not in listed and time.time() - copy.stat().st_mtime > _UNLISTED_S:
                    shutil.rmtree(copy)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[Roster]:
        """The roster, while nobody else changes it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._file.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._read() if self._file.exists() else Roster()

    def _read(self) -> Roster:
        try:
            return _parsed(self._file)
        except _DAMAGED:
            return Roster()

    def _write(self, roster: Roster) -> None:
        beside = self._file.with_suffix(f".{os.getpid()}")
        data = {"active": roster.active, "adapters": [asdict(adapter) for adapter in roster.adapters]}
        with beside.open("w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)


def _parsed(file: Path) -> Roster:
    data = read_json(file)
    return Roster(tuple(Adapter(**entry) for entry in data["adapters"]), data.get("active"))


def adapter_rank(source: Path) -> int:
    """Raises `UserError` where `source` is no LoRA adapter as peft writes it."""
    if not (source / "adapter_config.json").is_file():
        what = "no such folder" if not source.exists() else "no LoRA adapter (adapter_config.json)"
        raise UserError(f"{source}: {what}; peft's save_pretrained writes one")
    config = read_json(source / "adapter_config.json")
    rank = config.get("r")
    if config.get("peft_type") != "LORA" or not isinstance(rank, int):
        raise UserError(f"{source}: a {config.get('peft_type')} adapter; vLLM serves LoRA alone")
    if not any((source / name).is_file() for name in _FILES[1:3]):
        raise UserError(f"{source}: adapter_config.json without adapter_model.safetensors")
    patterns = config.get("rank_pattern")
    ranks = [r for r in patterns.values() if isinstance(r, int)] if isinstance(patterns, dict) else []
    return max([rank, *ranks])


def _files(source: Path) -> list[Path]:
    return [source / name for name in _FILES if (source / name).is_file()]


def _digest(source: Path) -> str:
    total = hashlib.sha256()
    for file in _files(source)[:-1] if (source / "README.md").is_file() else _files(source):
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _file_name(base: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", base)
