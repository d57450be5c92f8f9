"""A network's predictions for examples it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nnlabs.training.loop import LossFunction


@dataclass(frozen=True)
class Predictions:
    """Logits and the truth beside them.

    Args:
        logits: (n, classes), float32, on the CPU.
        targets: (n,), int64, on the CPU.
    """

    logits: Tensor
    targets: Tensor

    @property
    def accuracy(self) -> float:
        """Share of examples whose largest logit is the target's, 0 to 1."""
        return (self.logits.argmax(1) == self.targets).double().mean().item()

    def loss(self, loss_function: LossFunction) -> float:
        """Mean loss over all examples, added up in double precision.

        Args:
            loss_function: takes logits (n, classes) and targets (n,).
        """
        return loss_function(self.logits.double(), self.targets).item()


@torch.inference_mode()
def predict(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
    average_flip: bool = False,
    average_shift: bool = False,
) -> Predictions:
    """Run the network in evaluation mode (no dropout, batch norm's running statistics) over all batches.

    Args:
        model: the network; it is left in evaluation mode.
        batches: inputs and targets.
        autocast: context in which predictions are made.
        average_flip: whether logits are the mean of those for an image and for its mirror image.
        average_shift: whether half of an answer's weight goes to what the network says of `shifted` images.
    """

    def ask(inputs: Tensor) -> Tensor:
        logits: Tensor = model(inputs).float()
        return (logits + model(inputs.flip(-1)).float()) / 2 if average_flip else logits

    model.eval()
    logits, targets = [], []
    for inputs, truth in batches:
        with autocast():
            outputs = ask(inputs)
            if average_shift:
                outputs = outputs / 2 + sum(ask(moved) for moved in shifted(inputs)) / 4
        logits.append(outputs)
        targets.append(truth)
    return Predictions(torch.cat(logits).cpu(), torch.cat(targets).cpu())


def shifted(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Images moved by a pixel, down and right, and up and left; what comes in at the edge is the row or column next to it.

    An axis of length 1, as signals have, stays.

    Args:
        inputs: shape (n, channels, height, width).
    """

    def neighbors(length: int, step: int) -> Tensor:
        return torch.arange(step, length + step, device=inputs.device).clamp(0, length - 1)

    height, width = inputs.shape[2:]
    down, up = (inputs[:, :, neighbors(height, step)][..., neighbors(width, step)] for step in (-1, 1))
    return down, up
