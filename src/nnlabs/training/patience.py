"""When to stop: early stopping's two questions, asked of the validation losses so far."""

from __future__ import annotations

import math
from collections.abc import Sequence


def best_epoch(losses: Sequence[float], min_delta: float = 0.0) -> int:
    """The epoch whose weights are worth keeping: the last one whose loss fell below the best before it by more than min_delta.

    Args:
        losses: validation loss after each epoch so far; a nan is never an improvement.
        min_delta: how much smaller a loss must be to count as an improvement, 0 or more.

    Returns:
        Its number, from 1; 0 where there is none.
    """
    best, found = math.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < best - min_delta:
            best, found = loss, epoch
    return found


def is_over(losses: Sequence[float], patience: int, min_delta: float = 0.0) -> bool:
    """Whether the last `patience` epochs in a row brought no improvement, so that training should stop.

    Args:
        losses: validation loss after each epoch so far.
        patience: epochs without improvement that are allowed, 1 or more.
        min_delta: as in `best_epoch`.

    Source: Prechelt (1998), "Early Stopping - But When?".
    """
    return len(losses) - best_epoch(losses, min_delta) >= patience
