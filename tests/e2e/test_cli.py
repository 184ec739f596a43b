"""The command line through its real entry point: what it answers, and how it says no."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

FIFO = """module counter #(parameter WIDTH = 8) (
  input  logic             clk,
  input  logic             rst,
  input  logic             en,
  output logic [WIDTH-1:0] count
);
  always_ff @(posedge clk) begin
    if (rst) count <= '0;
    else if (en) count <= count + 1'b1;
  end
endmodule
"""
TOP = """module top (
  input  logic       clk,
  input  logic       rst,
  input  logic       en,
  output logic [3:0] count
);
  counter #(.WIDTH(4)) u_counter (
"""


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


class Rtlwright:
    """Runs the command in a home of its own, and looks for what it left behind."""

    def __init__(self, home: Path, cwd: Path):
        self.cwd = cwd
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("RTLWRIGHT", "XDG"))},
            "HOME": str(home),
            "COLUMNS": "100",
        }

    def __call__(
        self, *args: str, stdin: str = "", env: Mapping[str, str | None] | None = None, timeout: float = 90
    ) -> Ran:
        environment = {**self.env, **(env or {})}
        done = subprocess.run(
            [sys.executable, "-m", "rtlwright.server", *args],
            cwd=self.cwd,
            env={k: v for k, v in environment.items() if v is not None},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def run(tmp_path: Path) -> Rtlwright:
    home, cwd = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    cwd.mkdir()
    (cwd / "rtlwright.toml").touch()
    (cwd / "counter.sv").write_text(FIFO)
    (cwd / "top.sv").write_text(TOP)
    return Rtlwright(home, cwd)


def refused(ran: Ran, *words: str, status: int = 2) -> None:
    """One line on stderr that has the words; nothing on stdout; no traceback."""
    assert ran.status == status, ran
    assert ran.out == ""
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("rtlwright: ")
    for word in words:
        assert word in lines[0]


def strays(patience_s: float = 10.0) -> list[str]:
    """Worker processes of this installation that are still without a parent after a while.

    The while is for other tests that run beside this one: what their killed parents leave is about to end.
    """
    deadline = time.monotonic() + patience_s
    while (found := _orphans()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _orphans() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == 1 and "rtlwright.server" in command and sys.executable in command:
            found.append(command)
    return found


# -- what it answers --------------------------------------------------------------------------------------


def test_complete_as_the_contract_says(run: Rtlwright) -> None:
    ran = run("complete", "top.sv:7:35", "--json")
    assert ran.status == 0, ran.err
    answer = json.loads(ran.out)
    assert set(answer) == {"suggestions", "rejected", "timings"}
    assert set(answer["timings"]) == {"context", "sources", "check", "total"}
    best = answer["suggestions"][0]
    assert set(best) == {"id", "text", "range", "source", "model", "score", "verdict"}
    assert best["source"] == "structure"
    assert best["verdict"]["status"] == "pass"
    assert {"syntax", "icarus"} <= {stage["name"] for stage in best["verdict"]["stages"]}
    for port in ("clk", "rst", "en", "count"):
        assert f".{port}" in best["text"]


def test_complete_for_people(run: Rtlwright) -> None:
    ran = run("complete", "top.sv:7")
    assert ran.status == 0, ran.err
    assert "structure" in ran.out and "pass" in ran.out
    assert "\x1b" not in ran.out


def test_check_tells_right_from_wrong(run: Rtlwright) -> None:
    assert run("check", "counter.sv").status == 0
    (run.cwd / "wrong.sv").write_text(
        FIFO.replace("count + 1'b1", "cuont + 1'b1").replace("module counter", "module w")
    )
    ran = run("check", "wrong.sv", "--json")
    assert ran.status == 1
    answer = json.loads(ran.out)
    assert answer["verdict"]["status"] == "fail"
    errors = [d for s in answer["verdict"]["stages"] for d in s["diagnostics"] if d["severity"] == "error"]
    assert any("cuont" in d["message"] and (d["line"], d["hint"] is None) == (8, False) for d in errors)


def test_index(run: Rtlwright) -> None:
    answer = json.loads(run("index", "--json").out)
    assert [module["name"] for module in answer["modules"]] == ["counter", "top"]
    assert "counter" in run("index", ".").out


def test_doctor(run: Rtlwright) -> None:
    ran = run("doctor", "--json")
    assert ran.status in (0, 3)
    assert {"ok", "checks"} <= set(json.loads(ran.out))


def test_generate_writes_a_module_that_elaborates(run: Rtlwright) -> None:
    spec = (
        "An 8-bit up counter named step_counter: ports clk, rst (synchronous, active high), en and q[7:0]. "
        "When rst is high q is cleared, otherwise q increases by one while en is high."
    )
    ran = run("generate", spec, "-o", "step_counter.sv", "-n", "6", "--json")
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["suggestions"][0]["verdict"]["status"] in ("pass", "warn")
    assert "module" in (run.cwd / "step_counter.sv").read_text()
    assert run("check", "step_counter.sv").status == 0


def test_every_command_has_help_with_examples(run: Rtlwright) -> None:
    listed = run("--help").out
    for command in ("demo", "complete", "generate", "check", "index", "doctor", "lsp", "feedback", "synth"):
        assert command in listed
        ran = run(command, "--help")
        assert ran.status == 0 and ran.err == ""
        assert "xample" in ran.out or command == "lsp", command


# -- how it says no ---------------------------------------------------------------------------------------


def test_files_that_are_none(run: Rtlwright) -> None:
    (run.cwd / "binary.sv").write_bytes(b"\x7fELF\0\0\0")
    (run.cwd / "folder.sv").mkdir()
    refused(run("complete", "none.sv:1:1"), "none.sv: no such file")
    refused(run("check", "folder.sv"), "is a directory")
    refused(run("complete", "binary.sv:1:1"), "binary file")
    refused(run("generate", "specs/none.md"), "no such file")
    refused(run("index", "nowhere"), "no such file")


def test_a_file_in_latin_1_is_read(run: Rtlwright) -> None:
    (run.cwd / "latin.sv").write_bytes(b"// caf\xe9\nmodule a;\nendmodule\n")
    assert run("check", "latin.sv").status == 0


def test_places_that_are_none(run: Rtlwright) -> None:
    refused(run("complete", "top.sv"), "FILE:LINE:COL")
    refused(run("complete", "top.sv:99:1"), "top.sv", "99")
    refused(run("complete", "top.sv:2:400"), "top.sv", "2")
    refused(run("complete", "top.sv:0:1"), "count from 1")


def test_a_specification_without_words(run: Rtlwright) -> None:
    for spec, what in (("", "is empty"), ("  ", "is empty"), ("''", "has no word in it")):
        ran = run("generate", spec)
        assert ran.status == 2 and ran.err.startswith(f"rtlwright: the specification {what}")


def test_a_group_alone_shows_its_help(run: Rtlwright) -> None:
    for group in ((), ("feedback",)):
        ran = run(*group)
        assert ran.status == 2 and not ran.out
        assert ran.err.startswith("Usage: rtlwright") and "\nCommands:\n" in ran.err


def test_usage(run: Rtlwright) -> None:
    refused(run("complte"), "complte")
    refused(run("complete"), "FILE:LINE")
    refused(run("complete", "top.sv:1:1", "-n", "99"), "99")
    refused(run("generate", "  "), "empty")
    refused(run("generate", "a counter", "-o", "no/such/dir.sv"), "does not exist")


def test_configuration_that_is_wrong(run: Rtlwright) -> None:
    (run.cwd / "rtlwright.toml").write_text("[complete]\ndeadlin_ms = 3\n")
    refused(run("complete", "top.sv:1:1"), "rtlwright.toml", "'deadlin_ms'", "did you mean 'deadline_ms'")
    (run.cwd / "rtlwright.toml").write_text("[complete\n")
    refused(run("check", "top.sv"), "rtlwright.toml", "not valid TOML")


def test_an_empty_file(run: Rtlwright) -> None:
    (run.cwd / "empty.sv").touch()
    ran = run("complete", "empty.sv:1:1", "--json")
    assert ran.status in (0, 1), ran.err
    assert run("check", "empty.sv").status == 0


def test_a_file_of_50_000_lines(run: Rtlwright) -> None:
    lines = [
        "module big (input logic a);",
        *(f"  wire w{i} = a;" for i in range(50_000)),
        "  assign ",
        "endmodule",
    ]
    (run.cwd / "big.sv").write_text("\n".join(lines))
    ran = run("complete", "big.sv:50002:10", "--json")
    assert ran.status in (0, 1), ran.err
    assert "suggestions" in json.loads(ran.out)


def test_a_model_file_that_is_none(run: Rtlwright) -> None:
    (run.cwd / "broken.gguf").write_bytes(b"GGUF" + b"\xff" * 64)
    for model, words in (
        ("none.gguf", "cannot be read"),
        ("broken.gguf", "GGUF"),
        ("top.sv", "not a GGUF file"),
    ):
        ran = run("complete", "top.sv:7", "--json", env={"RTLWRIGHT_MODEL_PATH": str(run.cwd / model)})
        assert ran.status == 0, ran.err  # structure needs no model
        assert len(ran.err.strip().splitlines()) == 1 and words in ran.err
        ran = run("generate", "a counter", env={"RTLWRIGHT_MODEL_PATH": str(run.cwd / model)})
        assert ran.status == 1 and words in ran.err
        assert "Traceback" not in ran.err


def path_without(*programs: str, at: Path) -> str:
    """A PATH with everything but these programs."""
    at.mkdir()
    for directory in ("/usr/bin", "/bin", str(Path(sys.executable).parent)):
        for program in Path(directory).iterdir():
            if program.name not in programs and not os.path.lexists(at / program.name):
                (at / program.name).symlink_to(program)
    return str(at)


def test_without_icarus(run: Rtlwright, tmp_path: Path) -> None:
    env = {"PATH": path_without("iverilog", "vvp", at=tmp_path / "bin")}
    answer = json.loads(run("complete", "top.sv:7", "--json", env=env).out)
    stages = {s["name"]: s["status"] for s in answer["suggestions"][0]["verdict"]["stages"]}
    assert stages["syntax"] == "pass" and stages["icarus"] == "skipped"
    report = json.loads(run("doctor", "--json", env=env).out)
    mend = next(check["mend"] for check in report["checks"] if check["name"] == "iverilog")
    assert "iverilog" in mend
    assert run("doctor", env=env).status == 3


def test_without_bubblewrap(run: Rtlwright, tmp_path: Path) -> None:
    env = {"PATH": path_without("bwrap", at=tmp_path / "bin")}
    ran = run("complete", "top.sv:7", "--json", env=env)
    assert json.loads(ran.out)["suggestions"][0]["verdict"]["status"] == "pass", ran.err


def test_without_a_home(run: Rtlwright) -> None:
    in_a_file = str(run.cwd / "top.sv" / "home")  # nobody can make that, not even root
    for home in (None, in_a_file):
        ran = run("complete", "top.sv:7", "--json", env={"HOME": home})
        assert ran.status == 0, ran.err


def test_in_a_project_that_cannot_be_written(run: Rtlwright) -> None:
    run.cwd.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert run("complete", "top.sv:7", "--json").status == 0
        if os.geteuid() != 0:  # root may write anywhere
            refused(run("generate", "a counter", "-o", "counter2.sv"), "cannot be written")
    finally:
        run.cwd.chmod(0o755)


def wait_for_its_first_line(pid: int) -> None:
    """Until Python has started, which speaks for itself: `entry` takes its handler of SIGINT away first."""
    began, had = time.monotonic(), False
    while time.monotonic() < began + 30:
        caught = re.search(r"^SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        catches = bool(caught and int(caught[1], 16) >> (signal.SIGINT - 1) & 1)
        if had and not catches:
            return
        had |= catches
        time.sleep(0.001)
    pytest.fail("it has not begun")


@pytest.mark.parametrize("after_s", [0.0, 0.25, 0.6, 1.5])
def test_interrupted_at_any_moment(run: Rtlwright, after_s: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rtlwright.server", "generate", "an 8-bit counter with enable", "-n", "64"],
        cwd=run.cwd, env=run.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for_its_first_line(process.pid)
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err, err
    assert process.returncode in (130, -signal.SIGINT, 0, 1)
    assert not strays()


def test_killed(run: Rtlwright) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rtlwright.server", "generate", "an 8-bit counter with enable", "-n", "64"],
        cwd=run.cwd, env=run.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(1.5)
    process.kill()
    process.wait()
    assert not strays()


def test_whoever_reads_may_stop_reading(run: Rtlwright) -> None:
    command = f"{sys.executable} -m rtlwright.server index --json | head -c 10"
    done = subprocess.run(
        command, shell=True, cwd=run.cwd, env=run.env, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


@pytest.mark.parametrize(
    "command", ["index", "doctor --json", "check counter.sv", "feedback stats", "--help"]
)
@pytest.mark.parametrize("streams", ["out", "both"])
def test_a_reader_that_has_left_is_no_failure(run: Rtlwright, command: str, streams: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    errors = writing if streams == "both" else subprocess.PIPE
    argv = [sys.executable, "-m", "rtlwright.server", *command.split()]
    done = subprocess.run(argv, cwd=run.cwd, env=run.env, stdout=writing, stderr=errors, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr or b"") == (0, b"")


def test_a_full_disk_and_a_closed_output_are_told(run: Rtlwright) -> None:
    for command in ("index", "index --json"):
        said = [
            f"exec {sys.executable} -m rtlwright.server {command} {where}" for where in (">/dev/full", ">&-")
        ]
        full, closed = (
            subprocess.run(
                ["sh", "-c", line], cwd=run.cwd, env=run.env, capture_output=True, text=True, timeout=60
            )
            for line in said
        )
        assert full.returncode == 1 and "the output: cannot be written (No space left" in full.stderr
        assert (closed.returncode, closed.stderr) == (0, "")
