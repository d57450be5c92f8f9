"""Where a run computes, and how its networks lie in memory."""

from __future__ import annotations

import torch
from torch import nn

from nnlabs.errors import RunError


def pick_device(name: str) -> torch.device:
    """The device to compute on.

    Args:
        name: `auto` (CUDA where there is one, else the CPU), `cpu`, `cuda` or `mps`. Apple's MPS has to be asked for: wrong and
            varying results are reported of it.

    Raises:
        RunError: for a device that this machine, or this build of torch, does not have.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device("cuda" if available["cuda"] else "cpu")
    if not available.get(name, False):
        there = ", ".join(kind for kind, there in available.items() if there)
        raise RunError(f"train.device: torch {torch.__version__} finds no {name} here; it finds {there}, or give auto")
    return torch.device(name)


def autocast(device: torch.device, precision: torch.dtype) -> torch.autocast:
    """The context in which a forward pass runs: matrix products in `precision`, what needs it in float32.

    Args:
        device: where the run computes.
        precision: `torch.float32` switches autocast off.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == torch.bfloat16)


def likes_channels_last(model: nn.Module) -> bool:
    """Whether images, and the model, should lie in memory with channels last: convolutions are faster so.

    Args:
        model: any module.
    """
    return any(isinstance(layer, nn.Conv2d) for layer in model.modules())
