"""Specifications in comments, settings, diagnostics, documents, services, the runner."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from rtlwright.lsp.board import Board
from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.diagnostics import for_client
from rtlwright.lsp.in_flight import InFlight
from rtlwright.lsp.notices import Notices
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import MAX_SERVICES, Services, root_of
from rtlwright.lsp.session import UNTITLED, Session
from rtlwright.lsp.settings import settings_of
from rtlwright.lsp.specification import comment_at
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.types import Cancel, Cancelled, Diagnostic, Language, Severity


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("// one| line", "one line"),
        ("x\n  // a\n  //   b|\nmodule", "a\nb"),
        ("// a\n// b\n|", "a\nb"),
        ("// a\n\n|", None),
        ("x\r\n  // a\r\n  //   b|\r\nmodule", "a\nb"),
        ("// a\r\n// b\r\n|", "a\nb"),
        ("// a\r\n\r\n|", None),
        ("/* a\r\n * b\r\n */\r\n|", "a\nb"),
        ("/* a\n * b|\n */ x", "a\nb"),
        ("/** a */\n|", "a"),
        ("module m;|", None),
        ("module| m; /* a */\n", None),
        ("//|", None),
        ("|", None),
    ],
)
def test_the_specification_is_the_comment_at_the_cursor(text: str, spec: str | None) -> None:
    cursor = text.index("|")
    found = comment_at(text.replace("|", ""), cursor)
    assert (found.spec if found else None) == spec


@given(st.text(st.sampled_from("/* \r\nab")), st.integers(0))
def test_a_comment_ends_where_it_says(text: str, at: int) -> None:
    found = comment_at(text, at % (len(text) + 1))
    if found:
        assert text[: found.end].endswith(found.comment)
        assert text[found.end - 1 : found.end + 1] != "\r\n", "no position is between them"


@given(st.text(st.sampled_from("/* \nab")), st.integers(0))
def test_the_line_end_changes_nothing_about_a_comment(text: str, at: int) -> None:
    cursor = at % (len(text) + 1)
    found = comment_at(text, cursor)
    other = comment_at(text.replace("\n", "\r\n"), cursor + text.count("\n", 0, cursor))
    assert (found and found.spec) == (other and other.spec)
    assert (found and found.end + text.count("\n", 0, found.end)) == (other and other.end)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, None),
        ([], None),
        ({"rtlwright": None}, None),
        ({}, {}),
        ({"rtlwright": {"complete": {"n": 2, "x": None}, "trace": {}}}, {"complete": {"n": 2}}),
        ({"complete": {"n": 2}}, {"complete": {"n": 2}}),
    ],
)
def test_settings_of_every_client(raw: object, expected: object) -> None:
    assert settings_of(raw) == expected


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        (2, 5, (1, 4, 7)),
        (2, 0, (1, 4, 9)),
        (0, 0, (0, 0, 4)),
        (2, 8, (1, 7, 8)),
        (9, 9, (2, 0, 0)),
        (2, 99, (1, 9, 9)),
    ],
)
def test_a_diagnostic_covers_its_word_or_its_line(
    line: int, column: int, expected: tuple[int, int, int]
) -> None:
    buffer = Buffer("file:///a.sv", "", 1, "good\n    bad;;\n")
    found = for_client(Diagnostic(Severity.ERROR, line, column, "m", "t"), buffer).range
    assert (found.start.line, found.start.character, found.end.character) == expected


def test_a_closed_file_gets_one_character() -> None:
    found = for_client(Diagnostic(Severity.NOTE, 3, 4, "m", "t"), None).range
    assert found == types.Range(types.Position(2, 3), types.Position(2, 4))


def diagnostic(message: str) -> types.Diagnostic:
    zero = types.Position(0, 0)
    return types.Diagnostic(types.Range(zero, zero), message)


def test_findings_of_several_documents_are_put_together() -> None:
    board = Board()
    common, extra = diagnostic("common"), diagnostic("extra")
    assert board.put("a", {"a": [], "lib": [common]}) == {"a": [], "lib": [common]}
    assert board.put("b", {"b": [], "lib": [common, extra]})["lib"] == [common, extra]
    assert board.put("a", {}) == {"a": [], "lib": [common, extra]}
    assert board.put("b", {"b": []}) == {"b": [], "lib": []}


def test_a_documents_own_check_knows_best() -> None:
    board = Board()
    board.put("a", {"a": [], "b": [diagnostic("stale")]})
    assert board.put("b", {"b": []}) == {"b": []}


@pytest.mark.parametrize(
    ("uri", "language", "path", "expected"),
    [
        ("file:///p/a%20b%3B.v", "plaintext", "/p/a b;.v", Language.VERILOG),
        ("file:///p/a.v", "systemverilog", "/p/a.v", Language.SYSTEMVERILOG),
        ("untitled:Untitled-1", "verilog", f"{UNTITLED}/Untitled-1.v", Language.VERILOG),
        ("untitled:new.sv", "systemverilog", f"{UNTITLED}/new.sv", Language.SYSTEMVERILOG),
    ],
)
def test_documents_as_the_service_takes_them(uri: str, language: str, path: str, expected: Language) -> None:
    session = Session()
    session.open(types.TextDocumentItem(uri, language, 3, "x"))
    buffer = session.buffer(uri)
    assert buffer is not None
    document = session.document(buffer)
    assert (str(document.path), document.language, document.version) == (path, expected, 3)


@pytest.mark.parametrize("uri", ["git:/p/a.sv", "file:///p/a.py", "file:///", "nonsense", "http://[", ""])
def test_what_is_no_document_of_ours(uri: str) -> None:
    session = Session()
    session.open(types.TextDocumentItem(uri, "python", 1, "x"))
    assert session.buffer(uri) is None


class Fake:
    """A service that only counts; it answers nothing."""

    def __init__(self, config: Config, root: Path | None):
        self.config, self.root, self.closed = config, root, threading.Event()

    def close(self) -> None:
        self.closed.set()


def services(made: list[Any], said: list[str]) -> Services:
    def factory(config: Config, root: Path | None) -> Any:
        made.append(Fake(config, root))
        return made[-1]

    return Services(factory, Notices(said.append))


def test_a_service_is_kept_until_its_configuration_changes(tmp_path: Path) -> None:
    made: list[Fake] = []
    said: list[str] = []
    all_ = services(made, said)
    all_.set_roots((tmp_path,))
    file = tmp_path / "a.sv"
    first = all_.at(file).service
    all_.configure({})
    assert all_.at(file).service is first
    all_.configure({"complete": {"n": 2}})
    assert all_.at(file).config.complete.n == 2
    assert made[0].closed.wait(5)
    (tmp_path / "rtlwright.toml").write_text("nonsense")
    all_.reload()
    assert all_.at(file).config.feedback.capture == "off", "the unreadable file may have said so"
    assert all_.at(file).config.complete.n == 3
    assert len(said) == 1 and "rtlwright.toml" in said[0]
    all_.close()
    assert made[-1].closed.is_set()
    with pytest.raises(UserError):
        all_.at(file)


def test_services_are_bounded(tmp_path: Path) -> None:
    made: list[Fake] = []
    all_ = services(made, [])
    for n in range(MAX_SERVICES + 1):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "rtlwright.toml").touch()
        all_.at(folder / "a.sv")
    assert made[0].closed.wait(5)
    assert not any(fake.closed.is_set() for fake in made[1:])


def test_the_nearer_of_folder_and_configuration_is_the_root(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    assert root_of(inner / "a.sv", (tmp_path,)) == tmp_path
    assert root_of(inner / "a.sv", (tmp_path, inner)) == inner
    assert root_of(None, (tmp_path,)) == tmp_path
    assert root_of(None, ()) is None
    assert root_of(UNTITLED / "a.sv", ()) is None
    assert root_of(inner / "a.sv", ()) == inner
    (tmp_path / "rtlwright.toml").touch()
    assert root_of(inner / "a.sv", (inner,)) == inner
    assert root_of(inner / "a.sv", ()) == tmp_path


def test_the_runner_turns_failures_into_one_message() -> None:
    said: list[str] = []
    runner = Runner(Notices(said.append))

    def mistake() -> int:
        raise UserError("mend this")

    def bug() -> int:
        raise ZeroDivisionError("secret")

    async def work() -> list[int | None]:
        return [await runner.run(Cancel(), call) for call in (mistake, mistake, bug, bug, lambda: 7)]

    assert asyncio.run(work()) == [None, None, None, None, 7]
    assert len(said) == 2 and said[0] == "mend this" and "secret" not in said[1]


def test_the_runner_does_not_wait_for_a_call_that_ignores_its_cancel() -> None:
    runner = Runner(Notices(print))
    release = threading.Event()
    in_flight = InFlight()

    async def work() -> None:
        with in_flight.newest("a") as older:
            task = asyncio.ensure_future(runner.run(older, lambda: release.wait(20)))
            await asyncio.sleep(0.05)
            with in_flight.newest("a") as newer:
                assert older.cancelled and not newer.cancelled
                with pytest.raises(Cancelled):
                    await asyncio.wait_for(task, 2)

    asyncio.run(work())
    release.set()
    assert not in_flight._current
