"""Learning-rate schedules: by which factor the learning rate is multiplied after t, the share of the training that is over.

Where the training stops after n epochs, t = epoch / n; where it does not, t = epoch / 200. From t = 1 on nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

ENDLESS = 200  # epochs


def constant(t: float) -> float:
    """1."""
    return 1.0


def step(t: float) -> float:
    """½ after each quarter of the training: 0.5^⌊4t⌋."""
    return float(0.5 ** int(4 * t))


def exponential(t: float) -> float:
    """The same share less in each step, down to a hundredth: 0.01^t."""
    return float(0.01**t)


def cosine(t: float) -> float:
    """Slow, fast, slow, down to 0: (1 + cos πt) / 2 (Loshchilov & Hutter 2017)."""
    return (1 + cos(pi * t)) / 2


def warmup(t: float) -> float:
    """Up from 0 in the first tenth, then down like a cosine: min(10t, (1 + cos πt) / 2)."""
    return min(10 * t, (1 + cos(pi * t)) / 2)


SCHEDULES: dict[str, Callable[[float], float]] = {
    rule.__name__: rule for rule in (constant, step, exponential, cosine, warmup)
}
