"""Where a run computes and in what precision."""

from __future__ import annotations

import warnings

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


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """The type in which matrix products and convolutions compute; weights and losses are float32 always.

    Args:
        name: `auto` (bf16 where it is faster), `fp32` or `bf16`.
        device: where the run computes.

    Returns:
        `torch.bfloat16` or `torch.float32`.
    """
    fast = fast_in_bf16(device)
    if name == "bf16" and not fast:
        warnings.warn(
            f"train.precision: this {device.type} has no matrix units for bf16; fp32 is faster here",
            stacklevel=2,
        )
    return torch.bfloat16 if name == "bf16" or (name == "auto" and fast) else torch.float32


def fast_in_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies matrices faster in bfloat16 than in float32.

    Of CPUs only those with AMX tiles do: a convolutional network trains 2.5 times as fast there. AVX-512 has bf16 products too, but
    converting to and fro costs more than they save: an MLP took 1.7 times, a convolutional network 1.3 times as long (one thread
    of a Xeon, `benchmarks/training_speed.py` in either precision).

    Args:
        device: the device.
    """
    if device.type == "cuda":
        supported: bool = torch.cuda.is_bf16_supported(including_emulation=False)
        return supported
    return device.type == "cpu" and torch.cpu._is_amx_tile_supported()


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
