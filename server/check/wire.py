"""The nouns of the gate as JSON, between the gate and its worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rtlwright.server.check.outside import told
from rtlwright.server.types import Diagnostic, ProjectView, Severity, StageResult, Status

if TYPE_CHECKING:
    from rtlwright.server.check.worker.session import Settings, Text


def encode_stage(stage: StageResult) -> dict[str, Any]:
    return asdict(stage)


def decode_stage(data: Mapping[str, Any]) -> StageResult:
    """The worker's word, taken as data: wrong shapes raise `KeyError`, `TypeError` or `ValueError`."""
    diagnostics = tuple(
        Diagnostic(
            Severity(each["severity"]), int(each["line"]), int(each["column"]), str(each["message"])[:1000],
            str(each["tool"]), None if each["file"] is None else told(str(each["file"])), each["hint"],
        )
        for each in data["diagnostics"][:200]
    )  # fmt: skip
    reason = None if data["reason"] is None else str(data["reason"])[:500]
    return StageResult(str(data["name"]), Status(data["status"]), float(data["ms"]), diagnostics, reason)


def encode_view(view: ProjectView, key: str) -> dict[str, Any]:
    return {
        "key": key,
        "document_path": view.document_path,
        "sources": [[file.path, file.digest] for file in view.sources],
        "includes": [[file.path, file.digest] for file in view.includes],
        "include_dirs": list(view.include_dirs),
        "defines": dict(view.defines),
        "missing": sorted(view.missing_modules),
    }


def decode_texts(data: Sequence[Mapping[str, Any]]) -> list[Text]:
    from rtlwright.server.check.worker.session import Text

    return [Text(each["index"], each["text"], each["start"], each["end"]) for each in data]


def decode_settings(data: Mapping[str, Any]) -> Settings:
    from rtlwright.server.check.icarus.install import IcarusInstall
    from rtlwright.server.check.worker.session import Settings

    form = data["icarus"]
    return Settings(**{**data, "icarus": IcarusInstall.decode(form) if form else None})
