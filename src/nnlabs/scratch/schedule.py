"""The learning rate as a function of the step, written as one formula; the labs' schedules are held against it."""

from __future__ import annotations

from math import cos, pi


def cosine_with_warmup(t: int, steps: int, warmup: int, lr: float) -> float:
    """Up in a straight line, then down along half a cosine.

    The first `warmup` steps have lr/W, 2 lr/W, ..., lr with W = warmup. The others follow lr (1 + cos(π s / S)) / 2, where s of
    the S = steps - warmup are done: the first of them has lr, the end of training 0.

    Args:
        t: steps done, from 0; the result is the rate of the step that comes now.
        steps: steps of the whole training, more than the warm-up has.
        warmup: steps of the warm-up; 0: none.
        lr: the highest learning rate.

    Source: Loshchilov & Hutter (2016), arXiv:1608.03983; the warm-up: Goyal et al. (2017), arXiv:1706.02677.

    Example:
        >>> [round(cosine_with_warmup(t, 6, 2, 0.8), 3) for t in range(7)]
        [0.4, 0.8, 0.8, 0.683, 0.4, 0.117, 0.0]
    """
    if t < warmup:
        return lr * (t + 1) / warmup
    return lr * (1 + cos(pi * (t - warmup) / (steps - warmup))) / 2
