"""Rows of `rtlwright synth` as a folder of sources, so that completion is measured in them, too."""

from __future__ import annotations

from pathlib import Path

from rtlwright.eval.jsonl import read_jsonl

_SUFFIX = {"v": ".v", "sv": ".sv"}


def holds_rows(place: Path) -> bool:
    """Whether `place` is a JSONL file, or a folder of such without sources of its own."""
    if place.is_file():
        return place.suffix == ".jsonl"
    return any(place.glob("*.jsonl")) and not any((*place.glob("*.v"), *place.glob("*.sv")))


def unpacked(place: Path, into: Path) -> Path:
    """The modules of `place`, a file each, in a folder below `into`; what is there already stays.

    Raises:
        UserError: a row lacks a field.
    """
    folder = into / place.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rtlwright.toml").touch()  # a project of its own
    for file in sorted(place.glob("*.jsonl")) if place.is_dir() else [place]:
        for row in read_jsonl(file, ("id", "module")):
            suffix = _SUFFIX.get(str(row.get("language")), ".sv")
            made = folder / f"{row['id']}{suffix}"
            if not made.exists():
                made.write_text(row["module"], encoding="utf-8")
    return folder
