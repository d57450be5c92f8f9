"""In what precision a run computes: `auto` takes what this machine does faster, measured once and kept. It imports torch."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nnlabs.config.schema import TrainConfig
from nnlabs.errors import ConfigError, RunError
from nnlabs.paths import user_cache
from nnlabs.records import read_json, write_json
from nnlabs.runs.provenance import processor
from nnlabs.training.device import autocast, likes_channels_last, pick_device

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
# bf16 has three digits: it must gain this much to be worth them, and more than a measurement is off.
MARGIN = 1.1
# Each precision is tried so often, in turns; the fastest counts, since other programs can only slow it down.
ROUNDS = 12
# Where bf16 is so many times slower, as on a processor that has to emulate it, it is tried no further.
HOPELESS = 4.0
# So long another process that measures is waited for.
WAIT_S = 60.0


@dataclass(frozen=True)
class Speeds:
    """Milliseconds of a layer's forward and backward pass on this processor, by precision, `fp32` or `bf16`.

    Args:
        linear: 512 to 512 units, 128 examples.
        convolution: 3x3, 32 to 32 channels, 32 images of 8x8, channels last.
    """

    linear: Mapping[str, float]
    convolution: Mapping[str, float]

    def faster(self, model: nn.Module) -> str:
        """The precision for a network: that in which its kind of layer is faster; bf16 only by a margin of 10 %.

        Args:
            model: one with convolutions over images is judged by the convolution, any other by the linear layer.
        """
        times = self.convolution if likes_channels_last(model) else self.linear
        return "bf16" if times["fp32"] >= MARGIN * times["bf16"] else "fp32"


def pick_precision(name: str, device: torch.device, model: nn.Module, speeds: Speeds | None = None) -> torch.dtype:
    """The type in which matrix products and convolutions compute; weights and losses are float32 always.

    Args:
        name: `auto`, `fp32` or `bf16`.
        device: where the run computes. On CUDA `auto` means bf16 where the hardware has it, on MPS float32.
        model: the run's network.
        speeds: what decides for `auto` on a CPU; default: those of this machine.

    Raises:
        ConfigError: bf16 is asked for, the network has an LSTM, and this processor cannot compute one in bf16.
    """
    if name == "auto" and device.type == "cuda":
        name = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    elif name == "auto":
        name = (speeds or kept_speeds(torch.get_num_threads())).faster(model) if device.type == "cpu" else "fp32"
    lstm = any(isinstance(layer, nn.LSTM) for layer in model.modules())
    if lstm and name == "bf16" and device.type == "cpu" and not _computes_lstm_in_bf16():
        raise ConfigError(
            "train.precision: on this processor PyTorch computes no LSTM in bf16; choose fp32, or auto",
            "train.precision",
        )
    return PRECISIONS[name]


@cache
def _computes_lstm_in_bf16() -> bool:
    """Whether the processor computes an LSTM in bf16: oneDNN emulates other layers, not that one."""
    cpu = torch.device("cpu")
    with suppress(RuntimeError), torch.random.fork_rng(devices=[]), autocast(cpu, torch.bfloat16):
        nn.LSTM(8, 8, batch_first=True)(torch.zeros(1, 2, 8))
        return True
    return False


def speeds_for(settings: TrainConfig) -> Speeds | None:
    """What decides the precision of a run, for all processes that may make it; None where nothing has to be measured.

    Args:
        settings: of the run.
    """
    by_speed = settings.precision == "auto" and settings.device in ("auto", "cpu")
    return kept_speeds(settings.threads) if by_speed and pick_device(settings.device).type == "cpu" else None


@cache
def kept_speeds(threads: int) -> Speeds:
    """This machine's speeds: kept in the user's cache folder, by processor, torch and threads; measured where they are not.

    Of several processes that come at once the first one measures, and all take what it kept.

    Args:
        threads: that torch computes with.
    """
    # Imported here: it takes a tenth of a second, and a run whose precision is given does not need it.
    from filelock import FileLock, Timeout

    path = kept_at(threads)
    if (kept := _read(path)) is not None:
        return kept
    # A cache folder that cannot be written is no reason to fail: this process then measures for itself.
    with suppress(OSError, Timeout, RunError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=WAIT_S):
            if (kept := _read(path)) is None:
                kept = measure_speeds(threads)
                write_json(path, _machine(threads) | asdict(kept))
    return kept or measure_speeds(threads)


def kept_at(threads: int) -> Path:
    """The file in which this machine's speeds are kept, there or not.

    Args:
        threads: that torch computes with.
    """
    digest = hashlib.sha256(json.dumps(_machine(threads)).encode()).hexdigest()
    return user_cache() / f"speeds-{digest[:10]}.json"


def _machine(threads: int) -> dict[str, Any]:
    """What decides how fast a layer is. Names of virtual processors say little; what torch makes use of says more."""
    return {
        "processor": processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "threads": threads,
    }


def _read(path: Path) -> Speeds | None:
    """Speeds that were kept; None where there are none, or the file is damaged."""
    with suppress(OSError, RunError, KeyError, TypeError, ValueError):
        facts = read_json(path)
        times = ({name: float(facts[kind][name]) for name in PRECISIONS} for kind in ("linear", "convolution"))
        return Speeds(*times)
    return None


def measure_speeds(threads: int) -> Speeds:
    """Measure. On one core with AVX2 this takes 0.2 s, most of it for bf16, which is emulated there.

    Args:
        threads: that torch computes with meanwhile.
    """
    linear, x = nn.Linear(512, 512), torch.ones(128, 512)
    convolution, images = nn.Conv2d(32, 32, 3, padding=1), torch.ones(32, 32, 8, 8)
    last = torch.channels_last
    with _threads(threads):
        return Speeds(
            _times(linear, x), _times(convolution.to(memory_format=last), images.contiguous(memory_format=last))
        )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _times(layer: nn.Module, x: Tensor) -> dict[str, float]:
    """Milliseconds of a layer's step by precision, the least of some rounds in which the precisions take turns."""
    x.requires_grad_()  # as between layers: the gradient goes on to the one before

    def step(precision: torch.dtype) -> None:
        with autocast(x.device, precision):
            y = layer(x)
        y.float().sum().backward()

    steps = {name: lambda precision=precision: step(precision) for name, precision in PRECISIONS.items()}
    return fastest(steps, time.perf_counter)


def fastest(steps: Mapping[str, Callable[[], None]], clock: Callable[[], float]) -> dict[str, float]:
    """Milliseconds of each step, `fp32` and `bf16`: the least of some rounds, after one that warms up.

    Args:
        steps: what to time.
        clock: seconds.
    """
    least = dict.fromkeys(steps, inf)
    for number in range(ROUNDS + 1):
        for name, step in steps.items():
            begun = clock()
            step()
            taken = 1e3 * (clock() - begun)
            least[name] = min(least[name], taken) if number else inf
        if number and least["bf16"] > HOPELESS * least["fp32"]:
            break
    return least
