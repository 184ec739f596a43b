"""Corpus rows: a specification and the module that answers it, with the testbench that judges it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.errors import UserError


@dataclass(frozen=True)
class Row:
    """One row of `rtlwright synth`; `held_out` marks families that training must never see."""

    id: str
    family: str
    name: str
    spec: str
    module: str
    header: str
    testbench: str
    held_out: bool


@dataclass(frozen=True)
class Split:
    """Rows to train on, unseen rows of the same families, and rows of families never seen."""

    train: list[Row]
    validation: list[Row]
    held_out: list[Row]


def read_rows(folder: Path, limit: int | None = None) -> Iterator[Row]:
    """The rows of `*.jsonl` under `folder`, shard by shard in the order of their names.

    Raises UserError naming the file and line of the first bad row, or the folder if it holds no shard.
    """
    shards = sorted(folder.glob("*.jsonl"))
    if not shards:
        raise UserError(f"{folder}: no *.jsonl shard here; write some with `rtlwright synth`")
    count = 0
    for shard in shards:
        with shard.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if limit is not None and count >= limit:
                    return
                yield _row(line, f"{shard}:{number}")
                count += 1


def _row(line: str, place: str) -> Row:
    try:
        data = json.loads(line)
        row = Row(
            id=str(data["id"]),
            family=str(data["family"]),
            name=data["name"],
            spec=data["spec"],
            module=data["module"],
            header=data.get("header") or "",
            testbench=data.get("testbench") or "",
            held_out=bool(data.get("held_out", False)),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{place}: not a corpus row ({type(error).__name__}: {error})") from None
    if not all(isinstance(text, str) for text in (row.name, row.spec, row.module, row.header, row.testbench)):
        raise UserError(f"{place}: name, spec, module, header and testbench must be strings")
    return row


def split_rows(folder: Path, validation_percent: int, limit: int | None = None) -> Split:
    """Split by family and by the hash of the id, so that every process sees the same split.

    A training row whose module also answers a validation row is dropped. Training rows carry no testbench,
    which they do not need, to save memory.
    """
    train: list[Row] = []
    validation: list[Row] = []
    held_out: list[Row] = []
    for row in read_rows(folder, limit):
        if row.held_out:
            held_out.append(row)
        elif is_validation(row, validation_percent):
            validation.append(row)
        else:
            train.append(Row(row.id, row.family, row.name, row.spec, row.module, row.header, "", False))
    kept_out = {row.module for row in validation} | {row.module for row in held_out}
    return Split([row for row in train if row.module not in kept_out], validation, held_out)


def is_validation(row: Row, percent: int) -> bool:
    """Whether a run with this `validation_percent` keeps the row out of training."""
    return _bucket(row.id) < percent


def _bucket(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 100
