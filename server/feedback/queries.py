"""Every statement that the feedback store runs, as functions of a connection."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from rtlwright.server.feedback.captured import Row
from rtlwright.server.feedback.driver import Connection
from rtlwright.server.feedback.labels import Label, label
from rtlwright.server.feedback.pairs import LabelledCandidate
from rtlwright.server.feedback.records import FeedbackStats, Prompt, SourceStats
from rtlwright.server.types import EventKind, FeedbackEvent

Labels = dict[str, Label]


def insert_request(connection: Connection, request: Row, candidates: list[Row]) -> None:
    request_id = connection.execute(
        "INSERT INTO request (at, kind, path, language, prefix, suffix, total_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        request,
    ).fetchone()[0]
    # The same suggestion may be answered twice, from a cache: it belongs to its first request.
    connection.executemany(
        "INSERT INTO candidate (request_id, suggestion_id, place, withheld, source, model,"
        " score, status, text, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(request_id, *row) for row in candidates],
    )


def insert_event(connection: Connection, event: Row) -> None:
    """One whose `uid` is there already stays as it is: whoever sent it has not heard of our answer."""
    connection.execute(
        "INSERT INTO event (at, suggestion_id, kind, detail, uid) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        event,
    )


def stats(connection: Connection, now: float) -> FeedbackStats:
    requests, candidates, withheld, events, shown, accepted = connection.execute(
        "SELECT (SELECT count(*) FROM request), (SELECT count(*) FROM candidate),"
        " (SELECT count(*) FROM candidate WHERE withheld = 1), (SELECT count(*) FROM event),"
        " (SELECT count(DISTINCT suggestion_id) FROM event WHERE kind = 'shown'),"
        " (SELECT count(DISTINCT suggestion_id) FROM event WHERE kind = 'accepted')"
    ).fetchone()
    rejected = sum(each is Label.REJECTED for each in labels(connection, now).values())
    rate = accepted / shown if shown else 0.0
    by_source = _by_source(connection)
    return FeedbackStats(requests, candidates, withheld, events, shown, accepted, rejected, rate, by_source)


def labels(connection: Connection, now: float) -> Labels:
    """The label of every suggestion that has an event. Kinds that this release does not know are skipped."""
    known = set(EventKind)
    histories: dict[str, list[FeedbackEvent]] = defaultdict(list)
    for at, suggestion, kind, detail in connection.execute(
        "SELECT at, suggestion_id, kind, detail FROM event"
    ):
        if kind in known:
            event = FeedbackEvent(EventKind(kind), suggestion, at, json.loads(detail))
            histories[suggestion].append(event)
    return {suggestion: label(history, now) for suggestion, history in histories.items()}


def labelled_requests(
    connection: Connection, labels: Labels
) -> Iterator[tuple[Prompt, list[LabelledCandidate]]]:
    """Requests with a chosen candidate and their code, oldest first; the others make no pair."""
    chosen = {suggestion for suggestion, each in labels.items() if each is Label.CHOSEN}
    found = connection.execute("SELECT suggestion_id, request_id FROM candidate ORDER BY request_id")
    wanted = {request_id: None for suggestion, request_id in found if suggestion in chosen}
    for request_id in wanted:
        head = connection.execute(
            "SELECT kind, prefix, suffix FROM request WHERE id = ? AND prefix IS NOT NULL", (request_id,)
        ).fetchone()
        rows = connection.execute(
            "SELECT suggestion_id, text FROM candidate"
            " WHERE request_id = ? AND text IS NOT NULL ORDER BY place",
            (request_id,),
        )
        if head is not None:
            yield (
                Prompt(*head),
                [LabelledCandidate(text, labels.get(name, Label.UNDECIDED)) for name, text in rows],
            )


def delete_before(connection: Connection, before: float) -> int:
    """Requests with their candidates and those candidates' events, and events that stand alone."""
    events = connection.execute(
        "DELETE FROM event WHERE at < ? OR suggestion_id IN (SELECT suggestion_id FROM candidate"
        " JOIN request ON request.id = request_id WHERE request.at < ?)",
        (before, before),
    ).rowcount
    requests = connection.execute("DELETE FROM request WHERE at < ?", (before,)).rowcount
    return int(events) + int(requests)


def _by_source(connection: Connection) -> dict[str, SourceStats]:
    rows = connection.execute(
        "SELECT source, count(DISTINCT CASE WHEN kind = 'shown' THEN suggestion_id END),"
        " count(DISTINCT CASE WHEN kind = 'accepted' THEN suggestion_id END)"
        " FROM event JOIN candidate USING (suggestion_id) GROUP BY source ORDER BY source"
    )
    return {source: SourceStats.of(shown, accepted) for source, shown, accepted in rows}
