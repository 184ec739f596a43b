"""Two optimizers and one schedule: Muon for the matrices of the layers, AdamW for embeddings and norms."""

from __future__ import annotations

import torch
from transformers import LlamaForCausalLM

from rtlwright.training.config import PretrainConfig


def build_optimizers(model: LlamaForCausalLM, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al. 2024; scaled as in Liu et al., arXiv:2502.16982) and AdamW, at their peak rates."""
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    muon = torch.optim.Muon(
        matrices, lr=config.muon_lr, weight_decay=config.muon_decay, adjust_lr_fn="match_rms_adamw"
    )
    adamw = torch.optim.AdamW(others, lr=config.adamw_lr, betas=(0.9, 0.95), weight_decay=0.0)
    for optimizer in (muon, adamw):
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return [muon, adamw]


def rate_factor(step: int, progress: float, config: PretrainConfig) -> float:
    """Share of the peak rate at `step` when `progress` (0 to 1) of the run is over.

    With 30 warm-up steps and a decay from 0.5: step 14 has 0.5, the middle 1, progress 0.75 has 0.5.
    """
    warm = min(1.0, (step + 1) / (config.warmup_steps + 1)) if config.warmup_steps else 1.0
    return warm * min(1.0, max(0.0, (1.0 - progress) / (1.0 - config.decay_from)))


def set_rates(optimizers: list[torch.optim.Optimizer], factor: float) -> None:
    """Set every group's rate to `factor` of its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor
