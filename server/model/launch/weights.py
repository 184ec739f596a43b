"""Are the weights of a checkpoint all there? vLLM waits for ever on a file that is cut short."""

from __future__ import annotations

import json
from pathlib import Path

_LARGEST_HEAD = 100 * 2**20
"""Bytes, as safetensors itself has it."""


def weight_files(folder: Path) -> list[Path]:
    """The files of a checkpoint's weights, safetensors before pickles."""
    return sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))


def missing(folder: Path) -> str | None:
    """What is wrong with the weights in `folder`, None where nothing is."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            wanted = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return f"{index.name} cannot be read"
        absent = sorted(str(name) for name in wanted if not (folder / str(name)).is_file())
        if absent:
            return f"{absent[0]} is not there"
    return next((problem for file in weight_files(folder) if (problem := _problem(file))), None)


def _problem(file: Path) -> str | None:
    """The head of a safetensors file (8 bytes of its length, JSON) says how long the file is."""
    if file.suffix != ".safetensors":
        return None
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            start = stream.read(8)
            if start.startswith(b"version "):
                return f"{file.name} is a Git LFS pointer: run 'git lfs pull'"
            length = int.from_bytes(start, "little")
            if len(start) < 8 or length > min(size, _LARGEST_HEAD):
                return f"{file.name} is cut short or no safetensors file"
            head = json.loads(stream.read(length))
        ends = [entry["data_offsets"][1] for name, entry in head.items() if name != "__metadata__"]
        if 8 + length + max(ends, default=0) > size:
            return f"{file.name} is cut short ({size:,} bytes)"
    except OSError as error:
        return f"{file.name} cannot be read ({error.strerror})"
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return f"{file.name} is damaged"
    return None
