"""A scripted service for tests of the language server: no model, no tools, answers by rule.

What it does depends on marks in the document: `slow` waits until it is cancelled, `broken` fails as a bug
would, `refused` as a user's mistake would; with `growing` a brief answer is one line.
Feedback goes to the real store.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.config import Config
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.errors import UserError
from rtlwright.server.feedback import open_store
from rtlwright.server.feedback.records import RequestRecord
from rtlwright.server.model.protocol import ModelStatus
from rtlwright.server.service import ServiceStatus
from rtlwright.server.types import (
    Cancel,
    CheckReport,
    CheckRequest,
    Completion,
    CompletionRequest,
    Diagnostic,
    FeedbackEvent,
    GenerateRequest,
    Position,
    Progress,
    Range,
    Severity,
    SourceName,
    StageResult,
    Status,
    Suggestion,
    Verdict,
)

OFFERED = "assign y = a & b; // 𝄞é\n  assign z = ~y;"
FIRST_LINE = OFFERED.partition("\n")[0]
MODULE = "module counter;\nendmodule"


class ScriptedService:
    def __init__(self, config: Config, root: Path | None):
        self._config = config
        self._root = root
        self._store = open_store(config.feedback)
        self._log = Path(os.environ["SCRIPTED_LOG"])
        self.project = ProjectActions(ProjectIndex(root or Path("/nowhere")))
        self._say(f"made {root} n={config.complete.n}")

    def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
        text = request.document.text
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        self._say(f"text={digest} manual={request.manual}")
        if "slow" in text:
            self._wait(cancel)
        if "broken" in text:
            self._say("fails")
            raise RuntimeError(f"a bug near {text}")
        if "refused" in text:
            raise UserError("the script refuses; remove the mark")
        if "silent" in text:
            return Completion(())
        work = "completed" if not request.speculative else "prepared" if request.brief else "extended"
        self._say(f"{work} version={request.document.version} manual={request.manual}")
        self._say(f"position={request.position.line}:{request.position.character}")
        texts = (OFFERED, "assign y = a | b;")[: self._config.complete.n]
        if "growing" in text and request.brief:
            texts = (FIRST_LINE,)
        here = Range.at(request.position)
        completion = Completion(tuple(_suggestion(t, here) for t in texts), (_rejected(here),))
        document = request.document
        asked = RequestRecord("complete", document.language, text, path=document.path)
        self._store.record_request(asked, completion)
        return completion

    def generate(
        self, request: GenerateRequest, cancel: Cancel, progress: Progress | None = None
    ) -> Completion:
        self._say(f"spec={request.spec!r}")
        if progress:
            progress("1 of 1 candidates written")
        if "slow" in request.spec:
            self._wait(cancel)
        return Completion((_suggestion(MODULE, Range.at(Position(0, 0))),), agreement="1 of 1 agree")

    def check(self, request: CheckRequest, cancel: Cancel) -> CheckReport:
        (document,) = request.documents
        self._say(f"checked quick={request.quick}")
        found = []
        for number, line in enumerate(document.text.splitlines(), 1):
            if "WRONG" in line:
                column = len(line[: line.index("WRONG")].encode("utf-16-le")) // 2 + 1
                found.append(
                    Diagnostic(Severity.ERROR, number, column, "it is wrong", "slang", hint="Right it.")
                )
                found.append(Diagnostic(Severity.WARNING, 2, 1, "from afar", "yosys", file="other.sv"))
        status = Status.FAIL if found else Status.PASS
        return CheckReport(Verdict.of((StageResult("syntax", status, 1.0, tuple(found)),)), ("a",))

    def feedback(self, event: FeedbackEvent) -> None:
        self._store.record(event)

    def status(self) -> ServiceStatus:
        return ServiceStatus("scripted", ModelStatus("scripted", True, "a test"), "off")

    def close(self) -> None:
        self._store.close()
        self._say("closed")

    def _wait(self, cancel: Cancel) -> None:
        self._say("waiting")
        for _ in range(2000):
            if cancel.cancelled:
                self._say("cancelled")
                cancel.check()
            cancel._event.wait(0.01)

    def _say(self, line: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def _rejected(where: Range) -> Suggestion:
    found = Diagnostic(Severity.ERROR, 1, 1, "z is declared nowhere", "slang")
    verdict = Verdict.of((StageResult("syntax", Status.FAIL, 1.0, (found,)),))
    return Suggestion(uuid.uuid4().hex, "assign y = z;", where, SourceName.MODEL, "scripted", 0.0, verdict)


def _suggestion(text: str, where: Range) -> Suggestion:
    verdict = Verdict.of((StageResult("syntax", Status.PASS, 1.0),))
    return Suggestion(uuid.uuid4().hex, text, where, SourceName.MODEL, "scripted", 0.0, verdict)
