"""Reads the metadata of a GGUF file: what the model is, its vocabulary's special tokens, our lexicon.

Only the key-value block at the head is read; tensors are the engine's business. Format: GGUF version 2
and 3, little-endian (the specification in ggml's docs/gguf.md).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

_MAGIC = b"GGUF"
_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING, _ARRAY = 8, 9
_MAX_KEYS = 4096
_MAX_STRING = 16 * 2**20
_MAX_ARRAY = 2**21


class GgufError(ValueError):
    """Not a GGUF file that can be used; the message is one line that names the file."""


def read_metadata(path: Path) -> dict[str, Any]:
    """All key-value pairs of the file.

    Raises:
        GgufError: missing, unreadable, truncated, or no GGUF file.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        raise GgufError(f"{path}: model file cannot be read ({error.strerror})") from None
    except (struct.error, UnicodeDecodeError, EOFError):
        raise GgufError(f"{path}: truncated or damaged GGUF file; fetch or build it again") from None


def _read(file: IO[bytes], path: Path) -> dict[str, Any]:
    if file.read(4) != _MAGIC:
        raise GgufError(f"{path}: not a GGUF file; convert the model with 'rtlwright quantize --to gguf'")
    version, _tensors, count = struct.unpack("<IQQ", file.read(20))
    if version not in (2, 3) or count > _MAX_KEYS:
        raise GgufError(f"{path}: GGUF version {version} is not supported (2 and 3 are)")
    metadata: dict[str, Any] = {}
    for _ in range(count):
        key = _string(file)
        (kind,) = struct.unpack("<I", file.read(4))
        metadata[key] = _value(file, kind)
    return metadata


def _string(file: IO[bytes]) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _MAX_STRING:
        raise EOFError
    data = file.read(length)
    if len(data) < length:
        raise EOFError
    return data.decode("utf-8", errors="replace")


def _value(file: IO[bytes], kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        return _scalar(file, kind)
    item_kind, length = struct.unpack("<IQ", file.read(12))
    if length > _MAX_ARRAY or item_kind == _ARRAY:
        raise EOFError
    read: Callable[[], Any] = (
        (lambda: _string(file)) if item_kind == _STRING else lambda: _scalar(file, item_kind)
    )
    return [read() for _ in range(length)]


def _scalar(file: IO[bytes], kind: int) -> Any:
    form = _SCALARS.get(kind)
    if form is None:
        raise EOFError
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]
