"""`rtlwright check` from wherever one stands: each file is itself, with all that it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

GOOD = "module {name}(input wire a, output wire y);\n  assign y = a;\nendmodule\n"
BROKEN = "module {name}(input wire a, output wire y);\n  assign y = nowhere;\nendmodule\n"


def check(where: Path, *files: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "rtlwright.server", "check", *files]
    wide = {**os.environ, "COLUMNS": "200"}  # the paths of a test on several workers are long
    return subprocess.run(argv, cwd=where, capture_output=True, text=True, timeout=60, env=wide)


def written(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_two_files_of_one_name_are_both_checked(tmp_path: Path) -> None:
    written(tmp_path, {"rtlwright.toml": "", "a/t.v": BROKEN.format(name="one"),
                       "b/t.v": GOOD.format(name="two")})  # fmt: skip
    done = check(tmp_path, "a/t.v", "b/t.v")
    assert done.returncode == 1 and "a/t.v:2" in done.stdout, done.stdout
    done = check(tmp_path / "a", "../b/t.v", "t.v")
    assert done.returncode == 1 and "t.v:2" in done.stdout, done.stdout


def test_a_relative_path_from_elsewhere_is_the_same_file(tmp_path: Path) -> None:
    """Else its module would be there twice: the one on disk, and the one that is checked."""
    top = "module top(input wire a, output wire y);\n  sub u(.a(a), .y(y));\nendmodule\n"
    written(tmp_path, {"p/rtlwright.toml": "", "p/rtl/top.v": top, "p/rtl/sub.v": GOOD.format(name="sub")})
    for where, file in (
        (tmp_path, "p/rtl/top.v"),
        (tmp_path / "p", "rtl/top.v"),
        (tmp_path / "p/rtl", "top.v"),
    ):
        done = check(where, file)
        assert done.returncode == 0 and done.stdout.startswith(file), done.stdout


def test_a_file_through_a_link_is_the_same_file(tmp_path: Path) -> None:
    written(
        tmp_path,
        {"p/rtlwright.toml": "", "p/sub.v": GOOD.format(name="sub"), "p/top.v": GOOD.format(name="top")},
    )
    (tmp_path / "link").symlink_to(tmp_path / "p")
    done = check(tmp_path, "p/top.v", "link/sub.v")
    assert done.returncode == 0 and done.stdout.count("sub.v") == 1, done.stdout


def test_what_each_file_needs_is_there(tmp_path: Path) -> None:
    using = (
        '`include "{0}.vh"\nmodule use_{0}(input wire a, output wire y);\n  {0} u(.a(a), .y(y));\nendmodule\n'
    )
    files = {"rtlwright.toml": ""}
    for name in ("x", "y"):
        files |= {
            f"{name}.v": GOOD.format(name=name),
            f"inc/{name}.vh": "",
            f"use_{name}.v": using.format(name),
        }
    written(tmp_path, files)
    done = check(tmp_path, "use_x.v", "use_y.v")
    assert done.returncode == 0 and "warn" not in done.stdout, done.stdout


def test_without_a_sign_of_a_project_it_is_the_folder_that_has_all_files(tmp_path: Path) -> None:
    top = "module top(input wire a, output wire y);\n  sub u(.a(a), .y(y));\nendmodule\n"
    written(tmp_path, {"tb/top.v": top, "rtl/sub.v": GOOD.format(name="sub")})
    done = check(tmp_path, "tb/top.v", "rtl/sub.v")
    assert done.returncode == 0 and "unknown module" not in done.stdout, done.stdout


def test_a_filelist_reaches_rtl_outside_of_the_project_and_nothing_else(tmp_path: Path) -> None:
    top = '`include "widths.vh"\nmodule top(input wire a, output wire [`W-1:0] y);\n  sub u(a, y[0]);\n'
    written(
        tmp_path,
        {
            "soc/rtlwright.toml": '[project]\nfilelists = ["soc.f"]\n',
            "soc/soc.f": "+incdir+../inc\n../ip/sub.v\n../notes.txt\ntop.v\n",
            "soc/top.v": f"{top}  assign y[3:1] = 0;\nendmodule\n",
            "ip/sub.v": f'`include "beside.vh"\n{BROKEN.format(name="sub")}',
            "ip/beside.vh": "",
            "inc/widths.vh": "`define W 4\n",
            "notes.txt": GOOD.format(name="noted"),
        },
    )
    done = check(tmp_path / "soc", "top.v")
    assert done.returncode == 0 and "unknown module" not in done.stdout, done.stdout
    done = check(tmp_path / "soc", "../ip/sub.v")
    assert done.returncode == 1 and f"{tmp_path / 'ip/sub.v'}:3" in done.stdout, done.stdout
    argv = [sys.executable, "-m", "rtlwright.server", "index"]
    listed = subprocess.run(argv, cwd=tmp_path / "soc", capture_output=True, text=True, timeout=60).stdout
    assert "noted" not in listed and "only files with a suffix of RTL" in " ".join(listed.split())
