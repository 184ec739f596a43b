"""A plan on a Ray cluster: shards of samples, each with a model and a simulator of its own.

The driver alone writes the log. A sample's seed follows from its name, and its verdict from its text: which
node does which shard changes nothing. Every node needs this package and Icarus Verilog; a node with another
version of it shows in the records' `tools`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtlwright.eval.log import RunLog
from rtlwright.eval.meter import Meter
from rtlwright.eval.plan import Plan, carry_out
from rtlwright.eval.record import Record
from rtlwright.eval.toolchain import Toolchain
from rtlwright.server.config import CheckConfig
from rtlwright.server.errors import MissingError, UserError

_PER_CPU = 4
"""Shards for each processor: small enough that a slow one does not keep the others waiting."""


def carry_out_on_ray(plan: Plan, config: CheckConfig, log: Path, address: str) -> list[Record]:
    """Like `plan.carry_out`, on the cluster at `address`.

    Raises:
        MissingError: Ray is not installed.
        UserError: there is no cluster at `address`.
    """
    ray = _ray()
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError(f"--ray {address}: no cluster answers ({str(error).splitlines()[0][:200]})") from None
    run = RunLog(log, plan.settings)
    keys = plan.keys
    missing = [key for key in keys if key not in run]
    try:
        with Meter(f"{plan.settings.benchmark} on Ray", len(keys), len(keys) - len(missing)) as meter:
            _distribute(ray, plan, config, missing, run, meter)
    finally:
        run.close()
        ray.shutdown()
    wanted = set(keys)
    return [record for record in run.records if record.sample.key in wanted]


def _distribute(
    ray: Any, plan: Plan, config: CheckConfig, missing: Sequence[tuple[str, int]], run: RunLog, meter: Meter
) -> None:
    cpus = max(1, int(ray.cluster_resources().get("CPU", 1)))
    size = max(1, -(-len(missing) // (_PER_CPU * cpus)))
    shared = ray.put((plan, config))
    remote = ray.remote(num_cpus=1, max_retries=2)(do_shard)
    waiting = [remote.remote(shared, missing[at : at + size]) for at in range(0, len(missing), size)]
    while waiting:
        done, waiting = ray.wait(waiting)
        for line in ray.get(done[0]):
            record = Record.parse(line)
            run.add(record)
            meter.step(record.score.passed)


def do_shard(shared: tuple[Plan, CheckConfig], keys: Sequence[tuple[str, int]]) -> list[str]:
    """The records of `keys` as lines; runs on a node of the cluster."""
    plan, config = shared
    model = plan.recipe.open() if plan.recipe else None
    try:
        with tempfile.TemporaryDirectory(prefix="rtlwright-") as folder:
            own = replace(plan, only=frozenset(keys), model=model)
            found = carry_out(own, Toolchain.find(config), Path(folder) / "shard.jsonl", 1, quiet=True)
    finally:
        if model is not None:
            model.close()
    return [record.line() for record in found]


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise MissingError("--ray needs Ray: pip install 'rtlwright[ray]'") from None
    return ray
