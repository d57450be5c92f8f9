"""A network and its optimizer, before the first step."""

from __future__ import annotations

import torch
from torch import nn

from nnlabs.training.loop import State


def make_state(lr: float = 0.1) -> State:
    """One linear layer from 16 inputs to 3 classes, always the same."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    return State(model, torch.optim.SGD(model.parameters(), lr=lr))
