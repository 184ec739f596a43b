"""The cases through a service, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtlwright.server.demo.cases import DemoCase
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.present_json import suggestion_json
from rtlwright.server.service import Service
from rtlwright.server.types import Cancel, Completion, Document, Progress


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What became of one case. `document` is what the suggestions are edits of; none for whole modules."""

    case: DemoCase
    document: Document | None
    completion: Completion
    problem: str | None = None
    """Why the service refused the case, in its own line."""


def run_case(
    service: Service, directory: Path, case: DemoCase, cancel: Cancel, progress: Progress | None = None
) -> DemoResult:
    """A refusal is a result, so that the other cases are shown; what is not installed ends the demo.

    Raises:
        MissingError, Cancelled: from the service.
    """
    document = None
    try:
        if case.kind == "generate":
            completion = service.generate(case.generate_request(directory), cancel, progress)
        else:
            request = case.completion_request(directory)
            document = request.document
            completion = service.complete(request, cancel)
    except MissingError:
        raise
    except UserError as error:
        return DemoResult(case, document, Completion(()), str(error))
    return DemoResult(case, document, completion)


def demo_json(results: Iterable[DemoResult]) -> dict[str, Any]:
    """The contract of `demo --json`."""
    return {
        "cases": [
            {
                "name": result.case.name,
                "file": result.case.file,
                "suggestions": [suggestion_json(suggestion) for suggestion in result.completion.suggestions],
                "rejected": len(result.completion.rejected),
            }
            for result in results
        ]
    }


def exit_status(results: Iterable[DemoResult]) -> int:
    """0 if any case has a suggestion; 1 if none has: then nothing works here."""
    return 0 if any(result.completion.suggestions for result in results) else 1
