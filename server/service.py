"""`Service`: the one interface that the language server, the terminal app and the command line know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.model.protocol import ModelStatus
from rtlwright.server.types import (
    Cancel,
    CheckReport,
    CheckRequest,
    Completion,
    CompletionRequest,
    FeedbackEvent,
    GenerateRequest,
    Progress,
)


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """For `doctor`, the status line and the first screen of the terminal app."""

    kind: str
    """`local` or `remote`."""
    model: ModelStatus
    sandbox: str
    """`bubblewrap`, `landlock` or `off`, with the reason where it is not the first."""
    notes: tuple[str, ...] = ()
    """What the user should know and can mend, a line each."""


class Service(Protocol):
    """Blocking and thread-safe: a front end runs calls in its own threads.

    All raise `UserError` for bad input and `Cancelled` once `cancel` is set; nothing else.
    """

    def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
        """Checked suggestions at a position, best first."""
        ...

    def generate(
        self, request: GenerateRequest, cancel: Cancel, progress: Progress | None = None
    ) -> Completion:
        """Checked whole modules for a specification, best first; their range is the start of the file."""
        ...

    def check(self, request: CheckRequest, cancel: Cancel) -> CheckReport:
        """The gate's word on whole files."""
        ...

    @property
    def project(self) -> ProjectActions:
        """What follows from the project alone; answered on this machine, whoever serves the rest."""
        ...

    def feedback(self, event: FeedbackEvent) -> None:
        """Record what happened to a suggestion. Returns once the event is safe; never raises."""
        ...

    def status(self) -> ServiceStatus: ...

    def close(self) -> None:
        """End every worker. Idempotent."""
        ...
