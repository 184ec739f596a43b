from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from demo_fakes import FAILED, FakeService, suggestion
from rich.cells import cell_len
from rich.console import Console

from rtlwright.server.demo.render import case_view, closing_view, export_svg, run_demo
from rtlwright.server.demo.run import DemoResult, demo_json, exit_status
from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.types import Cancel, Cancelled, Completion, CompletionRequest, Position

HOSTILE = "\x1b[2J\x9b31m\u202eevil\u2066\r[bold]x[/bold]\x07"


def drawn(width: int, service: FakeService | None = None, **options: object) -> tuple[str, list[DemoResult]]:
    out = io.StringIO()
    console = Console(file=out, width=width, **options)  # type: ignore[arg-type]
    results = run_demo(service or FakeService(), console)
    return out.getvalue(), results


@pytest.mark.parametrize("width", [40, 80, 100, 120, 200])
def test_never_wider_than_the_console_and_no_escapes_in_a_pipe(width: int) -> None:
    text, _ = drawn(width)
    assert max(cell_len(line) for line in text.splitlines()) <= min(width, 120)
    assert "\x1b" not in text


def test_says_everything_about_a_case() -> None:
    text, results = drawn(100)
    assert f"1/{len(results)}  The second of two siblings  fifo/sync_fifo.sv:64:5" in text
    assert " + 64     end else if (rd_fire) begin" in text
    assert "   63       rd_ptr <= '0;" in text
    assert "recall  ✔ pass  splice 0.1 · syntax 1.2 · icarus 6.3 · yosys 4.0 ms" in text
    assert "rejected 1: slang: use of undeclared identifier 'rd_pointer'" in text
    assert "4 of 4 agree" in text
    assert "total 15.1 ms" in text
    for where in ("editor", "shell", "missing"):
        assert where in text.split("Next")[1]
    for result in results:
        assert result.case.name in text.split("Summary")[1]


def test_colour_on_a_terminal_and_none_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured, _ = drawn(80, force_terminal=True, color_system="truecolor")
    assert re.search(r"\x1b\[[0-9;]*48;2;", coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    plain, _ = drawn(80, force_terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|38|48);?", plain)
    assert " + 64 " in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", plain)


def test_quiet_for_json_and_the_contract() -> None:
    text, results = drawn(80, quiet=True)
    assert text == ""
    form = demo_json(results)
    assert set(form) == {"cases"}
    assert all(set(case) == {"name", "file", "suggestions", "rejected"} for case in form["cases"])
    assert form["cases"][0]["name"] == "fifo-read-pointer"
    assert form["cases"][0]["file"] == "fifo/sync_fifo.sv"
    assert form["cases"][0]["rejected"] == 1
    assert form["cases"][0]["suggestions"][0]["source"] == "recall"


def test_a_refused_case_is_told_and_the_others_are_shown() -> None:
    text, results = drawn(100, FakeService(refuse="soc_top.sv"))
    assert "could not run: soc_top.sv: refused" in text
    assert "refused" in text.split("Summary")[1]
    assert sum(1 for r in results if r.completion.suggestions) == len(results) - 1
    assert exit_status(results) == 0


def test_nothing_shown_at_all_is_the_honest_negative() -> None:
    _, results = drawn(80)
    assert exit_status([DemoResult(r.case, r.document, Completion(())) for r in results]) == 1


def test_what_is_not_installed_ends_the_demo() -> None:
    class Missing(FakeService):
        def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
            raise MissingError("no iverilog: apt-get install iverilog")

    with pytest.raises(MissingError):
        drawn(80, Missing())


def test_cancelled_goes_through() -> None:
    class Gone(FakeService):
        def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
            raise Cancelled

    with pytest.raises(Cancelled):
        drawn(80, Gone())


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_hostile_text_reaches_no_terminal(encoding: str) -> None:
    _, results = drawn(80)
    bad = suggestion(HOSTILE + "\n" + HOSTILE, Position(63, 4))
    completion = Completion(
        (bad, bad), (suggestion(HOSTILE, Position(0, 0), verdict=FAILED),), notes=(HOSTILE,)
    )
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=out, width=80)
    console.print(case_view(DemoResult(results[0].case, results[0].document, completion), 1, 1))
    console.print(case_view(DemoResult(results[0].case, None, completion, HOSTILE), 1, 1))
    out.flush()
    text = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert not set("\x1b\x9b\x07\r\u202e\u2066") & set(text)
    assert "evil" in text
    assert "[bold]x[/bold]" in text


def test_no_suggestion_says_so() -> None:
    _, results = drawn(80)
    out = io.StringIO()
    none = DemoResult(results[0].case, results[0].document, Completion((), (), notes=("no model",)))
    Console(file=out, width=80).print(case_view(none, 1, 1))
    assert "No candidate passed" in out.getvalue()
    assert "note: no model" in out.getvalue()


def test_svg(tmp_path: Path) -> None:
    _, results = drawn(80)
    export_svg(results, tmp_path / "images" / "demo.svg")
    text = (tmp_path / "images" / "demo.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "counter8" in text
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        export_svg(results, tmp_path / "file" / "demo.svg")


@pytest.mark.parametrize("known", [True, False])
def test_the_path_is_told_where_no_shell_knows_the_command(
    monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(folder) if known else "/nowhere")
    out = io.StringIO()
    Console(file=out, width=200).print(closing_view([]))
    assert (f"export PATH={folder}:$PATH" in out.getvalue()) is not known
