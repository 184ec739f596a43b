"""`rtlwright doctor` on Icarus Verilog: which one is used, which others there are, what it cannot judge."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from rtlwright.server.check.icarus import versions
from rtlwright.server.check.icarus.find import REFERENCE, chosen, installed
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.config import CheckConfig
from rtlwright.server.probes import Check, CheckStatus, install_command

_EDA = "make eda    (in a checkout of rtlwright: puts Icarus Verilog 12 beside the system's)"


def icarus(config: CheckConfig, needed: bool) -> Iterator[Check]:
    used = chosen(config.icarus)
    if used is None:
        absent = CheckStatus.MISSING if needed else CheckStatus.WARN
        yield Check("iverilog", absent, detail=_absence(config), mend=install_command("iverilog"))
        return
    old = 0 < used.major < REFERENCE
    said = [used.path, _lacks(used), *_others(used)]
    status = CheckStatus.WARN if old else CheckStatus.OK
    yield Check("iverilog", status, used.version or "unknown", "; ".join(said), _EDA if old else "")
    lacking = "" if used.vvp else install_command("iverilog")
    detail = used.vvp or "not found beside iverilog: nothing can be simulated"
    yield Check("vvp", CheckStatus.OK if used.vvp else CheckStatus.WARN, detail=detail, mend=lacking)


def _absence(config: CheckConfig) -> str:
    if config.icarus:
        return f"check.icarus: {config.icarus} is no program that runs"
    found = shutil.which("iverilog")
    return f"{found} does not run" if found else "not on PATH: candidates are checked without it"


def _lacks(used: IcarusInstall) -> str:
    unread, total = versions.unread(used.major), versions.constructs()
    if unread is None:
        return f"what it reads has not been measured; {REFERENCE} is the reference"
    share = f"reads {total - len(unread)} of {total} measured constructs, slang and Yosys judge the rest"
    if used.major < REFERENCE:
        worse = ", ".join(versions.worse_than_reference(used.major))
        return f"older than {REFERENCE}: {share}; cannot check what {REFERENCE} can: {worse}"
    if used.major > REFERENCE:
        return f"{share}; newer than the reference {REFERENCE}: refuses a name used before its declaration"
    return share


def _others(used: IcarusInstall) -> Iterator[str]:
    others = [f"{each.version or 'unknown'} ({each.path})" for each in installed() if each != used]
    if others:
        yield f"also here: {', '.join(others)}"
