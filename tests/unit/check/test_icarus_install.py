"""Which Icarus is used, and that the one `make eda` installed runs in every confinement."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rtlwright.server.check.icarus.find import chosen, eda_directory, installed
from rtlwright.server.check.icarus.install import IcarusInstall

SCRIPT = Path(__file__).parents[3] / "scripts" / "eda.sh"
DESIGN = 'module t; initial begin $display("%0d", 6 * 7); $finish(0); end endmodule\n'


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def unpacked(root: Path, version: str) -> Path:
    """What scripts/eda.sh leaves behind, without its programs' contents."""
    prefix = root / f"iverilog-{version.split('.')[0]}"
    for name in ("lib/ld-linux-x86-64.so.2", "bin/iverilog", "bin/vvp", "ivl/ivl"):
        program(prefix / name, "exit 1")
    for name in ("iverilog", "vvp", "ivlpp", "ivl"):
        program(prefix / "libexec" / name, "exit 1")
    (prefix / "manifest").write_text(f"version {version}-2+b1\n0123  ./iverilog.deb\n")
    return prefix


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PATH is `bin`, what `make eda` installed is in `eda`; both are empty."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("RTLWRIGHT_EDA", str(tmp_path / "eda"))
    return tmp_path


def system(machine: Path, version: str) -> Path:
    program(machine / "bin" / "vvp", "exit 0")
    return program(machine / "bin" / "iverilog", f'echo "Icarus Verilog version {version} (stable) ()"')


def test_none_at_all(machine: Path) -> None:
    assert chosen() is None and installed() == ()


@pytest.mark.parametrize(
    ("own", "beside", "order"),
    [
        ("11.0", (), ["11.0"]),
        ("11.0", ("12.0",), ["12.0", "11.0"]),
        ("11.0", ("13.0",), ["13.0", "11.0"]),
        ("13.0", ("12.0",), ["12.0", "13.0"]),
        ("11.0", ("12.0", "13.0"), ["12.0", "13.0", "11.0"]),
        ("10.3", (), ["10.3"]),
    ],
)
def test_the_reference_comes_first(
    machine: Path, own: str, beside: tuple[str, ...], order: list[str]
) -> None:
    system(machine, own)
    for version in beside:
        unpacked(machine / "eda", version)
    assert [each.version for each in installed()] == order
    assert chosen() == installed()[0]


def test_of_two_with_the_same_version_the_system_s_own_is_used(machine: Path) -> None:
    own = system(machine, "12.0")
    unpacked(machine / "eda", "12.0")
    assert chosen() == installed()[0]
    assert installed()[0].path == str(own)


def test_the_configured_one_wins(machine: Path) -> None:
    prefix = unpacked(machine / "eda", "12.0")
    own = system(machine, "11.0")
    other = chosen(own)
    assert other is not None and other.version == "11.0"
    by_wrapper = chosen(prefix / "bin" / "iverilog")
    assert by_wrapper is not None and by_wrapper.root == str(prefix)
    assert chosen(machine / "nothing") is None


def test_one_that_does_not_run_is_none(machine: Path) -> None:
    program(machine / "bin" / "iverilog", "exec /nonexistent")
    assert chosen() is not None and chosen().version == ""  # type: ignore[union-attr]
    (machine / "bin" / "iverilog").write_text("\x7fELF no program\n")
    assert chosen() is None


def test_half_an_installation_is_none(machine: Path) -> None:
    (unpacked(machine / "eda", "12.0") / "libexec" / "ivl").unlink()
    assert installed() == ()


def test_it_travels_as_json(machine: Path) -> None:
    import json

    unpacked(machine / "eda", "12.0")
    install = chosen()
    assert install is not None
    assert IcarusInstall.decode(json.loads(json.dumps(install.encode()))) == install


@pytest.mark.parametrize("install", installed(), ids=lambda install: install.version)
def test_each_program_starts(install: IcarusInstall, tmp_path: Path) -> None:
    source, target = tmp_path / "t.v", tmp_path / "t.vvp"
    source.write_text(DESIGN)

    def run(*argv: str) -> str:
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert f"version {install.version}" in run(*install.driver, "-V")
    for driver, simulator in ((install.driver, install.simulator), ((install.path,), (install.vvp,))):
        target.unlink(missing_ok=True)
        run(*driver, "-g2012", "-o", str(target), str(source))
        assert run(*simulator, "-n", str(target)) == "42\n"
    assert "endmodule" in run(*install.preprocessor, str(source))
    assert f"version {install.version}" in run(*install.compiler, "-V")
    assert (Path(install.base) / "null.conf").is_file()


def script(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], **env},
    )


def test_the_script_says_what_is_wrong(tmp_path: Path) -> None:
    ran = script("14", env={"HOME": str(tmp_path)})
    assert ran.returncode == 2 and "usage" in ran.stderr and len(ran.stderr.splitlines()) == 1
    ran = script("--beside", env={})
    assert ran.returncode == 3 and "RTLWRIGHT_EDA" in ran.stderr
    ran = script("--beside", "--prefix", "/proc/nothing", env={})
    assert ran.returncode == 3 and "cannot write" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_s_own_is_new_enough_nothing_is_installed(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "iverilog", 'echo "Icarus Verilog version 12.0 (stable) ()"')
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    ran = script(env={"PATH": path, "RTLWRIGHT_EDA": str(tmp_path / "eda")})
    assert ran.returncode == 0 and "nothing to install" in ran.stderr
    assert not (tmp_path / "eda").exists()


def test_without_a_network_it_ends_with_one_reason_and_leaves_nothing(tmp_path: Path) -> None:
    """apt and curl are stand-ins that fail as they do without a network."""
    for name in ("apt-get", "curl"):
        program(tmp_path / "bin" / name, 'echo "E: no network" >&2; exit 6')
    program(tmp_path / "bin" / "iverilog", 'echo "Icarus Verilog version 11.0 (stable) ()"')
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    ran = script("--quiet", env={"PATH": path, "RTLWRIGHT_EDA": str(tmp_path / "eda")})
    assert ran.returncode == 3 and len(ran.stderr.splitlines()) == 1
    assert list((tmp_path / "eda").iterdir()) == []


def test_a_package_with_another_hash_is_refused(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "apt-get", "exit 100")
    program(tmp_path / "bin" / "curl", 'while [ "$1" != -o ]; do shift; done; echo forged > "$2"')
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    ran = script("--beside", env={"PATH": path, "RTLWRIGHT_EDA": str(tmp_path / "eda")})
    assert ran.returncode == 3 and "is not what scripts/eda.pins says" in ran.stderr
    assert list((tmp_path / "eda").iterdir()) == []


def test_what_is_there_already_is_left_as_it_is() -> None:
    directory = eda_directory()
    if directory is None or not (directory / "iverilog-12" / "manifest").exists():
        pytest.skip("Icarus Verilog 12 is not installed beside the system's: make eda")
    before = (directory / "iverilog-12" / "manifest").stat().st_mtime_ns
    ran = script("12", env={"RTLWRIGHT_EDA": str(directory)})
    assert ran.returncode == 0 and (directory / "iverilog-12" / "manifest").stat().st_mtime_ns == before
