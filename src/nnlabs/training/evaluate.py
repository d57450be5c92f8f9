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
) -> Predictions:
    """Run the network in evaluation mode (no dropout, batch norm's running statistics) over all batches.

    Args:
        model: the network; it is left in evaluation mode.
        batches: inputs and targets.
        autocast: context in which predictions are made.
        average_flip: whether logits are the mean of those for an image and for its mirror image.
    """
    model.eval()
    logits, targets = [], []
    for inputs, truth in batches:
        with autocast():
            outputs = model(inputs).float()
            if average_flip:
                outputs = (outputs + model(inputs.flip(-1)).float()) / 2
        logits.append(outputs)
        targets.append(truth)
    return Predictions(torch.cat(logits).cpu(), torch.cat(targets).cpu())
