"""The learning-rate range test for a run: any network, any optimizer, any data."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from nnlabs.config.schema import RunConfig
from nnlabs.errors import ConfigError
from nnlabs.runs.settings import check_run

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
        UserError: where the data cannot be had, for fewer than two steps, or for rates that do not rise.
    """
    from nnlabs.runs.learner import make_learner
    from nnlabs.training.callbacks import clip_callbacks
    from nnlabs.training.loop import State
    from nnlabs.training.losses import loss_of_ignorance, make_loss
    from nnlabs.training.lr_range import range_test
    from nnlabs.training.optimizers import make_optimizer

    check_run(config)
    if not 0 < low < high < inf:
        raise ConfigError(
            f"a learning-rate range test goes from a rate above 0 to a higher one; not from {low:g} to {high:g}"
        )
    settings = replace(config.train, lr=low)
    learner = make_learner(replace(config, train=settings))
    state = State(learner.model, make_optimizer(learner.model, settings), seed=settings.seed)
    batches = learner.train_batches()
    loss_function = make_loss(settings)
    ignorance = loss_of_ignorance(settings, learner.splits.train.y, len(learner.splits.classes))
    around = clip_callbacks(settings)
    return range_test(state, batches, loss_function, high, steps, around, learner.autocast, ignorance)
