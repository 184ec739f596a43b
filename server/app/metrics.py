"""What `/metrics` tells Prometheus; nothing in it comes from anybody's code."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from rtlwright.server.types import Completion

disable_created_metrics()  # type: ignore[no-untyped-call]
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """One registry for each server, so that two in a process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.requests = Counter(
            "rtlwright_requests", "Requests by route and status", ["route", "status"], registry=r
        )
        self.seconds = Histogram(
            "rtlwright_request_duration_seconds",
            "Time to the end of the answer",
            ["route"],
            buckets=_SECONDS,
            registry=r,
        )
        self.refused = Counter(
            "rtlwright_requests_refused", "Requests refused, by reason", ["reason"], registry=r
        )
        self.cancel_seconds = Histogram(
            "rtlwright_cancel_duration_seconds",
            "From a closed connection to a free slot",
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0),
            registry=r,
        )
        self.candidates = Counter(
            "rtlwright_candidates", "Candidates by source, status, and whether shown",
            ["source", "status", "shown"], registry=r,
        )  # fmt: skip
        self.events = Counter(
            "rtlwright_feedback_events", "Feedback events by outcome", ["outcome"], registry=r
        )

        ProcessCollector(registry=r)

    def build(self, version: str) -> None:
        """Which release this is, as Prometheus wants it: a label of a 1."""
        Gauge("rtlwright_build_info", "Release", ["version"], registry=self.registry).labels(version).set(1)

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A gauge that is asked when somebody looks."""
        Gauge(name, what, registry=self.registry).set_function(value)

    def count(self, completion: Completion) -> None:
        for shown, suggestions in ((True, completion.suggestions), (False, completion.rejected)):
            for each in suggestions:
                self.candidates.labels(each.source.value, each.verdict.status.value, str(shown).lower()).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)
