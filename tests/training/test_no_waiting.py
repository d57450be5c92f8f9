"""Inside an epoch nothing waits for the device: on torch's `meta` device nothing can be read back, so that trying fails."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nnlabs.config.schema import Loss, ModelConfig, TrainConfig
from nnlabs.data.batches import TrainBatches
from nnlabs.data.examples import Examples
from nnlabs.data.normalize import Normalize
from nnlabs.models.build import build
from nnlabs.models.options import MODELS
from nnlabs.training.callbacks import ClipGradient, DivergenceWatch, History, Progress
from nnlabs.training.loop import Callback, State, train
from nnlabs.training.losses import make_loss
from nnlabs.training.names import OPTIMIZERS, SCHEDULES
from nnlabs.training.optimizers import make_optimizer
from nnlabs.training.schedules import Schedule

META = torch.device("meta")


class EndOfEpochError(Exception):
    """The epoch's last batch is done."""


class Stop(Callback):
    order = 0

    def after_epoch(self, state):
        raise EndOfEpochError


class Transfers(TorchDispatchMode):
    """Counts operations whose inputs and outputs are not all on one device."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        # A Python number in an operation is a tensor of no dimensions on the CPU, and goes along with the kernel's arguments.
        tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, Tensor) and leaf.ndim]
        self.count += len({tensor.device.type for tensor in tensors}) > 1
        return result


def train_an_epoch(model="mlp", extra=(), **settings) -> int:
    """Train an epoch of three batches on the meta device, all that can stand around it included; count the transfers."""
    config = TrainConfig(epochs=2, weight_decay=0.1, l1=0.01, max_norm=1.0, **settings)
    examples = Examples(torch.zeros(22, 1, 8, 8, dtype=torch.uint8), torch.arange(22) % 3)
    one = torch.ones(1, 1, 1)
    batches = TrainBatches(examples, Normalize(one, one, META), 8, ("crop", "flip", "cutout"))
    network = build(ModelConfig(model, dropout=0.1 if "dropout" in MODELS[model].options else None), (1, 8, 8), 3)
    network = network.to(META)
    optimizer = make_optimizer(network, config)
    schedule = Schedule(optimizer, config, len(batches))
    around = [ClipGradient(1.0), *extra, Stop(), History(lambda state: {}), DivergenceWatch(), schedule]
    with Transfers() as transfers, pytest.raises(EndOfEpochError):
        train(
            State(network, optimizer),
            batches,
            make_loss(config),
            2,
            [*around, Progress(lambda epoch: epoch, 2, "a run")],
        )
    return transfers.count


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_optimizer_waits(optimizer):
    # Order and augmentation go to the device, once for the whole epoch.
    assert train_an_epoch(optimizer=optimizer) == 2


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_schedule_waits(schedule):
    assert train_an_epoch(schedule=schedule) == 2


# The hinge loss is left out: torch has no gradient of it for the meta device.
@pytest.mark.parametrize("loss", sorted({*get_args(Loss)} - {"hinge"}))
def test_no_loss_waits(loss):
    assert train_an_epoch(loss=loss) == 2


@pytest.mark.parametrize("model", MODELS)
def test_no_model_waits(model):
    assert train_an_epoch(model) == 2


class Reads(Callback):
    def after_step(self, state):
        state.loss.item()


def test_reading_the_loss_each_step_would_be_found():
    with pytest.raises(RuntimeError, match="meta"):
        train_an_epoch(extra=[Reads()])


class Copies(Callback):
    def after_step(self, state):
        torch.ones(3).to(META)


def test_a_copy_each_step_would_be_found():
    assert train_an_epoch(extra=[Copies()]) == 2 + 3
