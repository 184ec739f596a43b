"""When ghost text is wanted, how long to wait for the next key, and when a backend is asked again."""

from __future__ import annotations

import asyncio
import doctest
from collections.abc import Awaitable
from pathlib import Path

import pytest
from lsprotocol import types

from rtlwright.lsp import pace
from rtlwright.lsp.ahead import Ahead
from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.health import Health
from rtlwright.lsp.offer import Offer
from rtlwright.lsp.status_line import StatusLine
from rtlwright.lsp.wanted import unwanted
from rtlwright.lsp.words import explanation, how_checked
from rtlwright.server.types import (
    Cancel,
    Completion,
    Diagnostic,
    Document,
    Position,
    Range,
    Severity,
    SourceName,
    StageResult,
    Status,
    Suggestion,
    Verdict,
)


def suggestion(text: str = "assign y = a;", *stages: StageResult) -> Suggestion:
    verdict = Verdict.of(stages or (StageResult("syntax", Status.PASS, 1.0),))
    return Suggestion(text, text, Range.at(Position(0, 0)), SourceName.RECALL, None, 0.0, verdict)


@pytest.mark.parametrize(
    "marked, reason",
    [
        ("module m;\n  |\nendmodule\n", None),
        ("module m;\n  assign y = co|unt;\n", None),
        ("  foo u (.clk(|));\n", None),
        ("module m;\n  |assign y = a;\n", "there is text to the right"),
        ("module m;\n  assign | y = a + b;\n", "there is text to the right"),
        ("module m; // a remark|\n", "a comment or a string"),
        ("/* a block\n | */\n", "there is text to the right"),
        ("/* a block\n |\n*/\n", "a comment or a string"),
        ('module m; initial $display("hel|', "a comment or a string"),
        ("// spec: a counter of eight bits|\n", None),
    ],
)
def test_where_it_is_wanted(marked: str, reason: str | None) -> None:
    cursor = marked.index("|")
    text = marked.replace("|", "", 1)
    assert unwanted(Buffer("file:///m.sv", "", 1, text), Document.of(Path("/m.sv"), text), cursor) == reason


def test_not_after_a_deletion_but_after_a_replacement() -> None:
    buffer = Buffer("file:///m.sv", "", 1, "module m;\nwire a;\n")
    span = types.Range(types.Position(1, 4), types.Position(1, 6))
    gone = buffer.changed(types.TextDocumentContentChangePartial(text="", range=span), 2)
    other = buffer.changed(types.TextDocumentContentChangePartial(text="x", range=span), 2)
    document = Document.of(Path("/m.sv"), gone.text)
    assert unwanted(gone, document, 14) == "text was deleted"
    assert unwanted(other, document, 15) is None


def test_the_example_of_the_pace_is_right() -> None:
    assert doctest.testmod(pace).failed == 0


def test_slow_answers_are_worth_a_longer_wait_within_bounds() -> None:
    quick, slow = pace.Pace(), pace.Pace()
    for hand in (quick, slow):
        for key in range(10):
            hand.key("a", key * 0.1)
    for _ in range(20):
        quick.answered(0.01)
        slow.answered(2.0)
    assert quick.wait_s("a", 0.9) < slow.wait_s("a", 0.9) <= pace.LONGEST_S
    assert quick.wait_s("a", 0.9) >= pace.SHORTEST_S
    assert slow.wait_s("unknown", 0.9) == 0.0


def test_a_backend_that_is_down_is_asked_again_after_a_while() -> None:
    health, now = Health(), 100.0
    assert health.may_try("a", now) and not health.worked("a")
    waits = []
    for _ in range(8):
        health.failed("a", now)
        begun = now
        while not health.may_try("a", now):
            now += 0.25
        waits.append(now - begun)
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0] and max(waits) == 30.0
    assert health.may_try("b", 0.0), "another document may have another service"
    assert health.worked("a") and health.may_try("a", now)


def test_the_status_line_says_what_changed_and_nothing_twice() -> None:
    sent: list[tuple[object, object]] = []
    line = StatusLine(lambda method, fields: sent.append((fields["kind"], fields["busy"])))
    with line.busy(), line.busy():
        line.normal()
    line.warn("model: gone")
    line.warn("model: gone")
    line.normal()
    assert sent == [("Normal", True), ("Normal", False), ("Warning", False), ("Normal", False)]


def test_verdicts_in_words() -> None:
    passed = [StageResult("splice", Status.PASS, 0.1), StageResult("syntax", Status.PASS, 1.0)]
    latch = Diagnostic(Severity.WARNING, 3, 1, "latch inferred for y", "yosys", hint="Give y a default.")
    warned = StageResult("yosys", Status.WARN, 5.0, (latch,))
    assert how_checked(suggestion("x", *passed)) == "recall · passed slang"
    assert how_checked(suggestion("x", *passed, warned)) == "recall · Yosys warns: latch inferred for y"
    passed[0] = StageResult("splice", Status.PASS, 0.1, (), "as if FORMAL were defined")
    assert how_checked(suggestion("x", *passed)) == "recall · passed slang, as if FORMAL were defined"
    told = explanation(suggestion("x", *passed, warned))
    assert "trimmed to its place: passed: as if FORMAL were defined" in told
    assert "**warn**" in told and "line 3: latch inferred for y. Give y a default." in told


class Prepared:
    """Counts what `Ahead` asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.cancels: list[Cancel] = []

    def __call__(self, uri: str, text: str, cursor: int, cancel: Cancel) -> Awaitable[Completion | None]:
        self.asked.append((text, cursor))
        self.cancels.append(cancel)

        async def answer() -> Completion:
            return Completion((), notes=(text,))

        return answer()


def offer() -> Offer:
    return Offer(suggestion("abc"), "<>", 1, 1)


def test_what_follows_an_acceptance_is_prepared_while_it_is_read() -> None:
    async def run() -> None:
        prepare = Prepared()
        ahead = Ahead(prepare, idle_s=0.01)
        ahead.plan("u", offer())
        ahead.plan("u", offer())
        assert ahead.take("u", "<abc>", 1) is None, "another place"
        await asyncio.sleep(0.05)
        assert prepare.asked == [("<abc>", 4)]
        taken = ahead.take("u", "<abc>", 4)
        assert taken is not None and (await taken[0]) == Completion((), notes=("<abc>",))
        assert ahead.take("u", "<abc>", 4) is None

    asyncio.run(run())


def test_an_acceptance_starts_it_at_once_and_a_divergence_ends_it() -> None:
    async def run() -> None:
        prepare = Prepared()
        ahead = Ahead(prepare, idle_s=60)
        ahead.plan("u", offer())
        ahead.changed("u", "<ab>")
        await asyncio.sleep(0)
        assert not prepare.asked, "typed along: not yet"
        ahead.changed("u", "<abc>")
        await asyncio.sleep(0.01)
        assert prepare.asked == [("<abc>", 4)]
        ahead.plan("u", Offer(suggestion("xyz"), "<>", 1, 1))
        assert prepare.cancels[0].cancelled
        ahead.drop_all()

    asyncio.run(run())
