"""Several processes that train one model: each takes a part of every batch, gradients are summed.

`accelerate launch` and `torchrun` start such processes and say in the environment who is who; a process
alone is a team of one. The batch of the configuration is the team's: losses do not depend on its size.
Weights and optimizers are whole in every process; what does not fit one device needs FSDP, which is not here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from rtlwright.server.errors import UserError
from rtlwright.training.corpus import Sequences


@dataclass(frozen=True)
class Team:
    """This process is number `rank` of `size`."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def device(self) -> torch.device:
        """A GPU of this process's own if there is one."""
        if torch.cuda.is_available():
            return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        return torch.device("cpu")

    def part(self, batch: Sequences) -> Sequences:
        """The sequences of this process: every `size`-th, from number `rank` on."""
        return batch if self.size == 1 else batch[self.rank :: self.size]

    def total(self, value: float) -> float:
        """The sum of everybody's value."""
        if self.size == 1:
            return value
        tensor = torch.tensor([value], dtype=torch.float64, device=self.device())
        dist.all_reduce(tensor)
        return float(tensor.item())

    def leaders(self, value: float) -> float:
        """The leader's value, for what differs between processes, such as clocks."""
        return self.total(value if self.leads else 0.0)

    def sum_gradients(self, parameters: list[Tensor]) -> None:
        """Add up everybody's gradients, in place."""
        if self.size == 1:
            return
        for parameter in parameters:
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)

    def wait(self) -> None:
        """Go on when everybody is here."""
        if self.size > 1:
            dist.barrier()


def join(batch: int) -> Team:
    """The team that the environment describes. Raises UserError if it cannot share `batch` evenly."""
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if size == 1:
        return Team()
    if batch % size:
        raise UserError(f"batch {batch} cannot be shared by {size} processes: make it a multiple of {size}")
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return Team(rank, size)
