"""`LocalService` and `RemoteService` with the real gate: whatever the model says, what fails is not shown."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from serving import serving

from rtlwright.server.config import Config
from rtlwright.server.feedback.records import FeedbackStats
from rtlwright.server.local import LocalService
from rtlwright.server.rank import distinct, named_share, rank
from rtlwright.server.remote.service import RemoteService
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    Candidate,
    CompletionRequest,
    Document,
    EventKind,
    FeedbackEvent,
    GenerateRequest,
    Position,
    Range,
    SourceName,
    Status,
    Suggestion,
    Verdict,
)

Service = LocalService | RemoteService

DOCUMENT = """module gray (
  input  logic [3:0] bin,
  output logic [3:0] code
);
  assign code ="""
CURSOR = Position(4, 15)
GOOD, WRONG_NAME, BROKEN, HOSTILE = (
    " bin ^ (bin >> 1);",
    " bni ^ (bin >> 1);",
    " bin ^ ( ;",
    ' $fopen("/etc/x");',
)


@dataclass
class Served:
    """A service on this machine, or one that a server on this machine answers for; and what is recorded."""

    service: LocalService | RemoteService
    store: Any

    def stats(self) -> FeedbackStats:
        if isinstance(self.service, RemoteService):
            assert self.service._outbox.drain(10)
            while self.store.waiting:
                time.sleep(0.005)
            return self.store._store.stats()  # type: ignore[no-any-return]
        return self.store.stats()  # type: ignore[no-any-return]


@pytest.fixture(params=["local", "remote"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def served(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    script = tmp_path / "script.json"
    script.write_text(json.dumps(request.param))
    root = tmp_path / "project"
    root.mkdir()
    (root / "rtlwright.toml").touch()
    overrides: dict[str, Any] = {
        "model": {"engine": "scripted", "script": str(script)},
        "feedback": {"path": str(tmp_path / "feedback.sqlite3")},
        "serve": {"port": 0, "tokens": "off", "audit": "off"},
        "complete": {"deadline_ms": 5000},  # what is asked is not how quick this machine is just now
    }
    config = Config.load(None, overrides, {})
    if kind == "local":
        local = LocalService(config, root)
        yield Served(local, local._store)
        local.close()
        return
    with serving(config) as running:
        remote = RemoteService(Config.load(None, {"server": {"url": running.url}}, {}), root)
        yield Served(remote, running.backend.store)
        remote.close()


@pytest.fixture
def service(served: Served) -> LocalService | RemoteService:
    return served.service


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "project"


def ask(root: Path, text: str = DOCUMENT, n: int = 4) -> CompletionRequest:
    return CompletionRequest(Document.of(root / "gray.sv", text), CURSOR, n, manual=True)


SCRIPT = [{"after": "code =", "answers": [BROKEN, WRONG_NAME, HOSTILE, GOOD]}]


@pytest.mark.parametrize("served", [SCRIPT], indirect=True)
def test_only_what_passes_is_shown(service: Service, root: Path) -> None:
    completion = service.complete(ask(root), Cancel())
    assert [s.text for s in completion.suggestions if s.source is SourceName.MODEL] == [GOOD]
    assert all(s.verdict.status is Status.PASS for s in completion.suggestions)
    rejected = {s.text.strip() for s in completion.rejected}
    assert {BROKEN.strip(), WRONG_NAME.strip(), HOSTILE.strip()} <= rejected
    assert all(s.verdict.diagnostics for s in completion.rejected)


@pytest.mark.parametrize("served", [SCRIPT], indirect=True)
def test_every_request_is_recorded(served: Served, service: Service, root: Path) -> None:
    service.complete(ask(root), Cancel())
    stats = served.stats()
    assert stats.requests == 1 and stats.withheld >= 3


@pytest.mark.parametrize("served", [SCRIPT], indirect=True)
def test_a_cancelled_request_raises(service: Service, root: Path) -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        service.complete(ask(root), cancel)
    assert service.complete(ask(root), Cancel()).suggestions


MODULES = [
    "module inv (input logic a, output logic y);\n  assign y = ~a;\nendmodule\n",
    "Sure!\n```verilog\nmodule inv (input logic a, output logic y);\n  assign y = !a;\nendmodule\n```\n",
    "module inv (input logic a, output logic y);\n  assign y = a;\nendmodule\n",
    "module inv (input logic a, output logic y);\n  assign y = ~b;\nendmodule\n",
]


@pytest.mark.parametrize("served", [[{"spec": "inverter", "answers": MODULES}]], indirect=True)
def test_modules_that_agree_win(service: Service) -> None:
    completion = service.generate(GenerateRequest("an inverter", n=4), Cancel())
    assert completion.agreement == "2 of 4 agree"
    assert completion.suggestions[0].text in (MODULES[0], MODULES[1].split("```verilog\n")[1].split("```")[0])
    assert len(completion.suggestions) == 3
    assert ["~b" in s.text for s in completion.rejected] == [True]


TESTBENCH = """module tb;
  logic a, y;
  inv dut (.a(a), .y(y));
  initial begin
    a = 0; #1;
    if (y !== 1'b1) $display("FAIL");
    else $display("Mismatches: 0 in 1 samples");
    $finish;
  end
endmodule
"""


@pytest.mark.parametrize("served", [[{"spec": "inverter", "answers": MODULES}]], indirect=True)
def test_a_testbench_decides(service: Service) -> None:
    completion = service.generate(GenerateRequest("an inverter", n=4, testbench=TESTBENCH), Cancel())
    assert len(completion.suggestions) == 2
    assert all("= a;" not in s.text for s in completion.suggestions)


@pytest.mark.parametrize("served", [[{"spec": "inverter", "answers": MODULES}]], indirect=True)
def test_the_projects_own_testbench_decides_unasked(service: Service, root: Path) -> None:
    (root / "inv_tb.sv").write_text(TESTBENCH)
    (root / "inv.sv").write_text(MODULES[0])
    completion = service.generate(
        GenerateRequest("an inverter", 4, None, project_file=root / "inv.sv"), Cancel()
    )
    assert len(completion.suggestions) == 2 and all("= a;" not in s.text for s in completion.suggestions)
    reason = completion.suggestions[0].verdict.stages[-1].reason
    assert reason == "inv_tb.sv (found in the project): 0 mismatches in 1 samples"


USER = "module top (input logic a, output logic y);\n  inv u_inv (.a(a), .y(y));\nendmodule"


@pytest.mark.parametrize("served", [[{"spec": "wrapper", "answers": [USER]}]], indirect=True)
def test_a_written_module_may_use_the_projects(service: Service, root: Path) -> None:
    (root / "inv.sv").write_text(MODULES[0])
    request = GenerateRequest("a wrapper", 1, project_file=root / "inv.sv")
    (found,) = service.generate(request, Cancel()).suggestions
    assert found.verdict.status is Status.PASS, found.verdict.reasons
    assert "inv" in [unit.name for unit in service.index.modules()], "the file is known as it was"


@pytest.mark.parametrize("served", [SCRIPT], indirect=True)
def test_what_was_prepared_is_recorded_once_it_is_seen(served: Served, service: Service, root: Path) -> None:
    request = replace(ask(root), speculative=True)
    service.complete(request, Cancel())
    found = service.complete(request, Cancel()).suggestions[0]
    assert served.stats().requests == 0
    for kind in (EventKind.SHOWN, EventKind.ACCEPTED):
        service.feedback(FeedbackEvent(kind, found.id, 0.0))
    stats = served.stats()
    assert (stats.requests, stats.shown, stats.accepted) == (1, 1, 1)


def test_rank_and_distinct() -> None:
    at = Range.at(Position(0, 0))
    found = distinct(
        [
            Candidate("a = b;", at, SourceName.MODEL, score=-1.0),
            Candidate("a  =  b;", at, SourceName.RECALL, score=-0.9),
            Candidate("c", at, SourceName.STRUCTURE, score=-0.5),
        ]
    )
    assert [(c.text, round(c.score, 2)) for c in found] == [("a  =  b;", -0.4), ("c", -0.5)]


def test_whoever_agrees_with_the_first_line_speaks_for_the_rest() -> None:
    at = Range.at(Position(0, 0))
    line = Candidate(".clk(clk),", at, SourceName.RECALL, score=0.0)
    passage = Candidate(".clk(clk),\n.rst(rst),", at, SourceName.RECALL, score=-0.1)
    whole = Candidate("  .clk(clk),\n  .rst(rst)\n);", at, SourceName.STRUCTURE, score=-0.1)
    assert [c.text for c in distinct([line, passage, whole])] == [whole.text, line.text, passage.text]
    other = Candidate("  .a(x),\n  .b(y)\n);", at, SourceName.STRUCTURE, score=-0.1)
    assert distinct([line, other])[0] == line


def test_typing_saved_counts_beside_probability() -> None:
    passed = Verdict(Status.PASS, 0.0)
    at = Range.at(Position(0, 0))

    def shown(text: str, score: float) -> Suggestion:
        return Suggestion(text, text, at, SourceName.MODEL, None, score, passed)

    end, statement = shown("end", -1.2), shown("rd_ptr <= rd_ptr + 1'b1;", -2.3)
    assert rank([end, statement]) == [statement, end]
    failed = Suggestion("x", "x" * 99, at, SourceName.MODEL, None, 0.0, Verdict(Status.FAIL, 0.0))
    assert rank([failed, end])[0] is end


def test_names_that_the_specification_has() -> None:
    spec = "Build inv: input a, output y."
    assert named_share("module inv (input logic a, output logic y);", spec) == 1.0
    assert named_share("module inv (input logic b, // a\n output y);", spec) == 2 / 3
    assert named_share("", spec) == 1.0


OPENS = [{"after": "if (a)", "answers": [" begin", " begin\n      y = b;\n    end else"]}]


@pytest.mark.parametrize("served", [OPENS], indirect=True)
def test_a_whole_file_stays_whole(service: Service, root: Path) -> None:
    text = (
        "module m (input logic a, b, output logic y);\n  always_comb\n    if (a)\n      y = ~b;\n"
        "    else y = a;\nendmodule\n"
    )
    document = Document.of(root / "m.sv", text)
    completion = service.complete(CompletionRequest(document, Position(2, 10), 4, manual=True), Cancel())
    assert not [s for s in completion.suggestions if s.text == " begin"]
    unfinished = Document.of(root / "m.sv", text[: text.index("if (a)") + 6])
    completion = service.complete(CompletionRequest(unfinished, Position(2, 10), 4, manual=True), Cancel())
    assert [s for s in completion.suggestions if s.text == " begin"]


LONELY = [MODULES[0], MODULES[2], "nothing", "module inv (input logic a); endmodule"]


@pytest.mark.parametrize("served", [[{"spec": "inverter", "answers": LONELY}]], indirect=True)
def test_a_module_that_no_other_agrees_with_is_warned_of(service: Service) -> None:
    completion = service.generate(GenerateRequest("an inverter", n=4), Cancel())
    lonely = next(s for s in completion.suggestions if s.text == MODULES[0])
    assert lonely.verdict.status is Status.WARN
    assert "none of the other 3 candidates" in lonely.verdict.reasons[0]
