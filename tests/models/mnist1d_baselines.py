"""Three of the four networks of the MNIST-1D paper, as its authors describe them, for the test beside this file.

The fourth, logistic regression, is this package's `linear`. Its `mlp`, `cnn` and `gru` differ: the authors' MLP adds the first
hidden layer to the second, their CNN strides instead of pooling and has no batch norm, their GRU reads in both directions and shows
the classifier all 40 states.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Mlp(nn.Module):
    """Two hidden layers of 100 units; the second one's output is added to the first one's."""

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(shape[1], 100), nn.Linear(100, 100), nn.Linear(100, classes)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.first(x.flatten(1)))
        logits: Tensor = self.head(hidden + torch.relu(self.second(hidden)))
        return logits


def cnn(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Three convolutions of 25 channels that each halve the signal, then a linear layer over the 5 places left."""
    assert shape == (1, 40, 1)
    return nn.Sequential(
        nn.Conv2d(1, 25, (5, 1), (2, 1), (1, 0)),
        nn.ReLU(),
        nn.Conv2d(25, 25, (3, 1), (2, 1), (1, 0)),
        nn.ReLU(),
        nn.Conv2d(25, 25, (3, 1), (2, 1), (1, 0)),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(125, classes),
    )


class Gru(nn.Module):
    """Six hidden units in either direction, one number a step; the classifier sees the states at all steps."""

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        self.gru = nn.GRU(1, 6, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * 6 * shape[1], classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.gru(x.flatten(2).transpose(1, 2))[0].flatten(1))
        return logits
