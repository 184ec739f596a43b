"""`rtlwright eval completion`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.table import Table

from rtlwright.eval.completion.ask import WAYS, Asker, score
from rtlwright.eval.completion.cuts import Cut, Kind, cuts_of
from rtlwright.eval.completion.rows import holds_rows, unpacked
from rtlwright.eval.log import RunLog
from rtlwright.eval.meter import Meter
from rtlwright.eval.passk import Interval, interval
from rtlwright.eval.record import Record, Settings
from rtlwright.eval.sample import Sample, digest
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.weights import weights
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.local import LocalService
from rtlwright.server.terminal import console

_TIME = {"deadline_ms": 30_000, "model_deadline_ms": 30_000}
_EPILOG = """\b
Examples:
  rtlwright eval completion ../ibex ../my-soc --cuts 50
  rtlwright eval completion rtl --model off --json
  rtlwright eval completion held-out --rest        (rows of rtlwright synth)
"""


@click.command(epilog=_EPILOG)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--cuts", type=click.IntRange(1), default=25, show_default=True, help="Of each kind, in each folder."
)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice([str(kind) for kind in Kind]), help="Only this kind."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the places.")
@click.option("--rest", is_flag=True, help="What follows in the file is known, too.")
@click.option(
    "--model", default="embedded", show_default=True, metavar="MODEL", help="embedded, a GGUF file, or off."
)
@click.option(
    "--at-least",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="Display policy: show what is this probable.",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    default=Path("rtlwright-eval/completion"),
    show_default=True,
    help="Folder of the logs, one for each way of proposing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def completion(
    folders: tuple[Path, ...], cuts: int, kinds: tuple[str, ...], seed: int, rest: bool, model: str,
    at_least: float, log: Path, as_json: bool,
) -> None:  # fmt: skip
    """Cut files of repositories at random places, and compare proposals with what their authors wrote.

    Each folder is a project whose other files are known; of the file itself, what stands before the cursor.
    A folder of `rtlwright synth` counts as a project of its modules. The product is asked as an editor asks
    while somebody types, but has all the time that it wants: results do not depend on the machine.
    """
    config = Config.load(Path.cwd())
    tools = Toolchain.find(config.check).versions()
    engine = _engine(model)
    roots = [unpacked(place, log / "modules") if holds_rows(place) else place for place in folders]
    wanted = [Kind(kind) for kind in kinds] or list(Kind)
    chosen = [(root, cuts_of(root.absolute(), cuts, seed, rest, wanted)) for root in roots]
    everything = [cut for _, found in chosen for cut in found]
    if not everything:
        raise UserError(f"{folders[0]}: no Verilog of 10 to 3000 lines; name a folder with sources")
    identity = digest("\0".join(cut.id + digest(cut.prefix) for cut in everything))[:16]
    values = {
        "cuts": identity, "at_least": at_least, "rest": rest, "engine": model, **weights(model, config.model)
    }  # fmt: skip
    logs = {way: RunLog(log / f"{way}.jsonl", Settings("completion", way, values)) for way in WAYS}
    try:
        with Meter("completion", len(everything)) as meter:
            for folder, found in chosen:
                _folder(folder.absolute(), found, engine, at_least, logs, tools, meter)
    finally:
        for each in logs.values():
            each.close()
    _show(everything, {way: each.records for way, each in logs.items()}, values, tools, as_json)


def _engine(model: str) -> dict[str, str]:
    """The settings that open `model`."""
    if model in ("embedded", "off"):
        return {"engine": model}
    if not model.endswith(".gguf") or not Path(model).is_file():
        raise UserError(f"--model {model}: name 'embedded', a GGUF file, or 'off'")
    return {"engine": "embedded", "path": str(Path(model).absolute())}


def _folder(
    root: Path, cuts: Sequence[Cut], engine: Mapping[str, str], at_least: float, logs: dict[str, RunLog],
    tools: Mapping[str, str], meter: Meter,
) -> None:  # fmt: skip
    overrides = {"model": dict(engine), "feedback": {"capture": "off"}, "complete": _TIME}
    service = LocalService(Config.load(root, overrides), root)
    try:
        asker = Asker(service)
        for cut in cuts:
            if any((cut.id, 0) not in log for log in logs.values()):
                _cut(cut, asker, at_least, logs, tools)
            meter.step((cut.id, 0) in logs["together"])
    finally:
        service.close()


def _cut(cut: Cut, asker: Asker, at_least: float, logs: dict[str, RunLog], tools: Mapping[str, str]) -> None:
    proposals = asker.proposals(cut)
    for way, log in logs.items():
        proposal = proposals.get(way)
        sample = Sample(cut.id, 0, proposal.text if proposal else "", digest(cut.prefix))
        found = score(cut, proposal, at_least)
        log.add(Record(log.settings, tools, sample, found, str(cut.kind)))


def metrics_of(records: Sequence[Record]) -> dict[str, Interval]:
    """Shares of all cuts, also of those for which nothing was proposed."""

    def mean(values: list[float]) -> Interval:
        return interval(values, rounds=1000)

    outputs = [record.score.outputs for record in records]
    wanted = sum(each.get("wanted", 0) for each in outputs) or 1
    saved = [each.get("saved", 0) * len(records) / wanted for each in outputs]
    wrong = [each.get("wrong", 0) * len(records) / wanted for each in outputs]
    return {
        "exact match": mean([float(record.score.passed) for record in records]),
        "edit similarity": mean([each.get("edit similarity", 0) / 100 for each in outputs]),
        "gate pass": mean([float(record.score.compiled) for record in records]),
        "characters saved": mean(saved),
        "characters shown in vain": mean(wrong),
    }


def _show(
    cuts: Sequence[Cut], records: dict[str, list[Record]], values: dict[str, object],
    tools: Mapping[str, str], as_json: bool,
) -> None:  # fmt: skip
    ids = {cut.id for cut in cuts}
    found = {way: [r for r in each if r.sample.problem in ids] for way, each in records.items()}
    by_kind = {
        f"{kind}: {way}": metrics_of(group)
        for kind in Kind
        for way, each in found.items()
        if (group := [r for r in each if r.category == kind])
    }
    overall = {way: metrics_of(each) for way, each in found.items()}
    if as_json:
        flat = {
            f"{way}: {name}": value
            for way, each in (overall | by_kind).items()
            for name, value in each.items()
        }
        click.echo(json.dumps({
            "metrics": {name: value.value for name, value in flat.items()},
            "intervals": {name: [value.low, value.high] for name, value in flat.items()},
            "samples": len(ids), "settings": values, "tools": dict(tools),
        }))  # fmt: skip
        return
    names = list(next(iter(overall.values())))
    table = Table("", *names, title=f"{len(ids)} places; 95% interval of the exact match")
    for label, each in (overall | by_kind).items():
        first = each["exact match"]
        cells = [f"{each[name].value:.1%}" for name in names]
        table.add_row(label, f"{cells[0]} ({first.low:.0%}–{first.high:.0%})", *cells[1:])
    console().print(table, width=120)
