"""The learning-rate range test for a run: any network, any optimizer, any data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnlabs.config.schema import RunConfig

if TYPE_CHECKING:
    from nnlabs.training.lr_range import LrRange


def find_lr(config: RunConfig, low: float = 1e-6, high: float = 10.0, steps: int = 100) -> LrRange:
    """Find a learning rate for a run by a short training in which it rises step by step; nothing is written.

    Args:
        config: the run; its learning rate, schedule, warm-up and epochs do not matter.
        low: the learning rate to begin with, far too low.
        high: the one to end with, far too high.
        steps: batches of the whole test.

    Returns:
        Learning rates, losses, smoothed losses, and what they suggest.

    Raises:
        UserError: where the data cannot be had, or for fewer than two steps.
    """
    from nnlabs.runs.learner import Session, clip_callbacks
    from nnlabs.training.loop import State
    from nnlabs.training.losses import loss_of_ignorance, make_loss
    from nnlabs.training.lr_range import range_test
    from nnlabs.training.optimizers import make_optimizer

    settings = replace(config.train, lr=low)
    session = Session(replace(config, train=settings))
    state = State(session.model, make_optimizer(session.model, settings), seed=settings.seed)
    batches = session.train_batches()
    loss_function = make_loss(settings)
    ignorance = loss_of_ignorance(loss_function, session.splits.train.y, len(session.splits.classes))
    around = clip_callbacks(settings)
    return range_test(state, batches, loss_function, high, steps, around, session.autocast, ignorance)
