"""Randomness as a function of (seed, epoch): what makes a run that was killed end as if it had not been."""

from __future__ import annotations

import numpy as np

DATA_STREAM = 1


def epoch_seed(seed: int, epoch: int, stream: int = 0) -> int:
    """The seed of everything random in one epoch, a function of nothing but its arguments.

    seed' = SeedSequence([seed, epoch, stream]).generate_state(1)

    NumPy's SeedSequence is a hash whose values do not change between versions: neighboring seeds and epochs give unrelated
    generators, and a run that goes on from epoch e draws what an uninterrupted one would have drawn.

    Args:
        seed: seed of the run.
        epoch: number of the epoch, from 0.
        stream: what it is for, so that data order (1) and dropout (0) do not draw the same numbers.

    Example:
        >>> epoch_seed(0, 0) == epoch_seed(0, 0), epoch_seed(0, 1) == epoch_seed(1, 0)
        (True, False)
    """
    return int(np.random.SeedSequence([seed, epoch, stream]).generate_state(1)[0])
