"""One call's worth of candidates, from the gate's side."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from rtlwright.server.check import wire
from rtlwright.server.check.batch import Board, Entry
from rtlwright.server.check.checker import Checker
from rtlwright.server.check.messages import explained
from rtlwright.server.check.refuse import refusal
from rtlwright.server.check.text.conditions import Supposition, ends_branch, suppose
from rtlwright.server.check.unfinished.splice import span
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Candidate,
    Diagnostic,
    Document,
    Language,
    ProjectView,
    Severity,
    StageResult,
    Status,
)
from rtlwright.server.worker import WorkerDied, WorkerError

_START_S = 15.0
"""For a worker's start on a machine with much else to do: killed before it is there, it would never come."""


class Work:
    """One call's worth of candidates: what is new among them, and what came back."""

    def __init__(
        self, checker: Checker, board: Board, params: dict[str, Any], view: ProjectView, timeout_s: float
    ):
        self.cancel = Cancel()
        self.entries: list[Entry] = []
        self.fresh: dict[int, str] = {}
        self.waiting: list[int] = []
        self._checker, self._board, self._view = checker, board, view
        self._params, self._timeout_s = params, timeout_s
        self._supposition: Supposition | None = None
        self._retries = 3  # one that was closed never comes back
        self._texts: dict[int, dict[str, Any]] = {}

    @classmethod
    def of(
        cls, checker: Checker, board: Board, config: CheckConfig, document: Document,
        candidates: Sequence[Candidate], view: ProjectView, best: int,
    ) -> Work:  # fmt: skip
        supposition = _supposition(document, candidates, view)
        if supposition is not None:
            view = replace(view, defines=supposition.defines)
        params: dict[str, Any] = {
            "project": checker.project(view),
            "document": document.text,
            "standard": standard(config, document.language),
            "lenient": config.standard == "auto",
            "settings": checker.settings(best),
        }
        work = cls(checker, board, params, view, config.timeout_s)
        work._supposition = supposition
        salt = (params["project"]["key"], params["standard"], checker.salt, str(best), document.text)
        digest = _digest("\0".join(salt))
        texts: dict[int, dict[str, Any]] = {}
        for index, candidate in enumerate(candidates):
            start, end = span(document.text, candidate)
            work._enter(index, f"{digest}:{start}:{end}:{_digest(candidate.text)}", candidate)
            texts[index] = {"index": index, "text": candidate.text, "start": start, "end": end}
        ranked = sorted(work.fresh, key=lambda index: -candidates[index].score)
        work.waiting = [index for index in ranked if not work.entries[index].done]
        params["candidates"] = [texts[index] for index in work.waiting]
        work._texts = texts
        return work

    def _enter(self, index: int, name: str, candidate: Candidate) -> None:
        entry, new = self._board.entry(name)
        self.entries.append(entry)
        if not new:
            return
        self.fresh[index] = name
        begun = time.perf_counter()
        blank = None if candidate.text.strip() else "nothing of it is left to insert"
        reason = blank or refusal(candidate.text, view=self._view)
        ms = (time.perf_counter() - begun) * 1e3
        found = (Diagnostic(Severity.ERROR, 0, 0, reason, "rtlwright"),) if reason else ()
        status = Status.FAIL if reason else Status.PASS
        supposed = self._supposition.reason if self._supposition else None
        self._board.add(entry, StageResult("splice", status, ms, found, supposed))

    def call(self) -> None:
        """Ask the worker for everything that waits; afterwards less waits, whatever happened."""
        self._params["candidates"] = [c for c in self._params["candidates"] if c["index"] in self.waiting]
        # A tool has its limit; a batch has that of every tool, in turn, and some more.
        limit = self._timeout_s * (2 + len(self.waiting))
        starts = self._checker.worker.starts
        try:
            self._checker.call(
                "check", self._params, self._view,
                timeout_s=limit, start_s=_START_S, cancel=self.cancel, on_part=self._part,
            )  # fmt: skip
        except WorkerError as error:
            if isinstance(error, WorkerDied) and 0 < starts == self._checker.worker.starts and self._retries:
                self._retries -= 1
                return  # it may have been dead already: once more, with one that is known to be fresh
            self._died(str(error))
            return
        for index in list(self.waiting):
            self._end(index, "not among the best")

    def _part(self, part: Any) -> None:
        index = part[0]
        if index not in self.fresh:
            return
        stage = explained(wire.decode_stage(part[1]), partial(self._text_of, self._texts[index]))
        entry = self.entries[index]
        last = {"icarus", "yosys"} <= entry.stages.keys() | {stage.name}
        self._board.add(entry, stage, last=last)
        if entry.done and index in self.waiting:
            self.waiting.remove(index)

    def _text_of(self, edit: Mapping[str, Any], file: str | None) -> str | None:
        """The document with the candidate in it, or another file of the project."""
        if file is None:
            document: str = self._params["document"]
            return f"{document[: edit['start']]}{edit['text']}{document[edit['end'] :]}"
        files = (*self._view.sources, *self._view.includes)
        return next((each.text for each in files if each.path == file), None)

    def _died(self, reason: str) -> None:
        """The one it was at is to blame, the others get another try; in the end nobody waits for ever."""
        culprit = next((i for i in self.waiting if "syntax" not in self.entries[i].stages), None)
        for index in list(self.waiting):
            if culprit is None or index == culprit or "syntax" in self.entries[index].stages:
                self._end(index, reason)

    def _end(self, index: int, reason: str) -> None:
        entry = self.entries[index]
        lacking = [name for name in ("syntax", "icarus", "yosys") if name not in entry.stages]
        for name in lacking[:1] if "syntax" in lacking else lacking:
            self._board.add(entry, StageResult(name, Status.UNCHECKED, 0.0, (), reason))
        self.waiting.remove(index)
        self._board.finish(self.fresh[index], keep=reason == "not among the best")

    def give_up(self, reason: str) -> None:
        for index in list(self.waiting):
            self._end(index, reason)

    def close(self) -> None:
        """Entries that are not done are forgotten: they can be asked for again."""
        for index in self.waiting:
            self._board.forget(self.fresh[index])


def _supposition(
    document: Document, candidates: Sequence[Candidate], view: ProjectView
) -> Supposition | None:
    """For the place of the candidates, which is one: a request has one cursor.

    None where all of them end its branch: what they bring is behind that. Beside others, one is unchecked.
    """
    if all(ends_branch(candidate.text) for candidate in candidates):
        return None
    start, _ = span(document.text, candidates[0])
    return suppose(document.text[:start], view.defines)


def standard(config: CheckConfig, language: Language) -> str:
    """The standard a text is held to."""
    if config.standard != "auto":
        return config.standard
    return "2005" if language is Language.VERILOG else "2017"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
