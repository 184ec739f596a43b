"""JSON Lines from outside: every complaint names the file and the line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rtlwright.server.errors import UserError


def read_jsonl(file: Path, fields: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of `file`, each with text under every name in `fields`.

    Raises:
        UserError: the file cannot be read, a line is no JSON object, or lacks a field.
    """
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{file}: is not UTF-8 text") from None
    return [_row(file, number, line, fields) for number, line in enumerate(lines, 1) if line.strip()]


def _row(file: Path, number: int, line: str, fields: Sequence[str]) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise UserError(f"{file}:{number}: is no JSON object") from None
    if not isinstance(row, dict):
        raise UserError(f"{file}:{number}: is no JSON object")
    for name in fields:
        if not isinstance(row.get(name), str):
            raise UserError(f"{file}:{number}: has no text under {name!r}")
    return row
