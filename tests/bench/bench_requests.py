"""`make bench`: what users wait for. Compare within one run; these figures mean nothing across machines."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rtlwright.server.config import Config
from rtlwright.server.demo.cases import examples_dir, load_cases
from rtlwright.server.local import LocalService
from rtlwright.server.types import Cancel, CheckRequest, CompletionRequest, Document

EXAMPLES = examples_dir()
CASES = [case for case in load_cases(EXAMPLES) if case.kind == "complete"]
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    service = LocalService(Config.load(EXAMPLES, {"feedback": {"capture": "off"}}, {}), EXAMPLES)
    for case in CASES:  # what is measured is a service that has been running for a while
        service.complete(case.completion_request(EXAMPLES), Cancel())
    yield service
    service.close()


def answer_initialize(*program: str) -> None:
    body = json.dumps(INITIALIZE).encode()
    with subprocess.Popen(
        [sys.executable, *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"Content-Length")
        process.kill()


@pytest.mark.benchmark(group="start")
def test_lsp_until_initialize_is_answered(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(answer_initialize, args=("-m", "rtlwright.lsp"), rounds=7, warmup_rounds=1)


@pytest.mark.benchmark(group="start")
def test_compared_with_importing_pygls_alone(benchmark: BenchmarkFixture) -> None:
    command = [sys.executable, "-c", "import pygls.lsp.server"]
    benchmark.pedantic(subprocess.run, args=(command,), kwargs={"check": True}, rounds=7, warmup_rounds=1)


@pytest.mark.benchmark(group="start")
def test_command_line_version(benchmark: BenchmarkFixture) -> None:
    command = [sys.executable, "-m", "rtlwright.server", "--version"]
    kwargs = {"check": True, "stdout": subprocess.DEVNULL}
    benchmark.pedantic(subprocess.run, args=(command,), kwargs=kwargs, rounds=7, warmup_rounds=1)


def varied(request: CompletionRequest, number: int) -> CompletionRequest:
    """The same request in a file that differs in a comment at its end: no verdict is in the cache."""
    document = request.document
    return CompletionRequest(
        Document.of(document.path, f"{document.text}\n// {number}\n"),
        request.position,
        request.n,
        manual=True,
    )


@pytest.mark.benchmark(group="request to checked suggestions")
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_demo_case(benchmark: BenchmarkFixture, service: LocalService, case: object) -> None:
    request = case.completion_request(EXAMPLES)  # type: ignore[attr-defined]
    numbers = iter(range(10_000))
    stages: dict[str, list[float]] = {}

    def ask() -> None:
        completion = service.complete(varied(request, next(numbers)), Cancel())
        for suggestion in completion.suggestions:
            for stage in suggestion.verdict.stages:
                stages.setdefault(stage.name, []).append(stage.ms)
        for leg in ("context", "sources", "check"):
            stages.setdefault(leg, []).append(getattr(completion.timings, leg))

    benchmark.pedantic(ask, rounds=15, warmup_rounds=2)
    benchmark.extra_info["median ms"] = {k: round(sorted(v)[len(v) // 2], 2) for k, v in stages.items()}


FIFO = (EXAMPLES / "fifo/skid_buffer.sv").read_text()


@pytest.mark.benchmark(group="gate alone, finished file")
def test_gate_on_a_file(benchmark: BenchmarkFixture, service: LocalService) -> None:
    numbers = iter(range(10_000))

    def check() -> None:
        document = Document.of(EXAMPLES / "fifo/skid_buffer.sv", f"{FIFO}// {next(numbers)}\n")
        service.check(CheckRequest((document,)), Cancel())

    benchmark.pedantic(check, rounds=15, warmup_rounds=2)


@pytest.mark.benchmark(group="gate alone, finished file")
def test_compared_with_the_commands(benchmark: BenchmarkFixture) -> None:
    """What one would type: iverilog, then yosys where it is installed."""
    if shutil.which("iverilog") is None:
        pytest.skip("no iverilog")
    with tempfile.NamedTemporaryFile("w", suffix=".sv") as file:
        file.write(FIFO)
        file.flush()
        commands = [["iverilog", "-t", "null", "-g2012", file.name]]
        if shutil.which("yosys"):
            commands.append(["yosys", "-q", "-p", f"read_verilog -sv {file.name}; hierarchy; proc; check"])

        def run() -> None:
            for command in commands:
                subprocess.run(command, capture_output=True)

        benchmark.pedantic(run, rounds=15, warmup_rounds=2)
