"""How lab 4 compares: the schedules as they are drawn."""

from __future__ import annotations

import numpy as np

from nnlabs.config.schema import TrainConfig
from nnlabs.labs.optimizers.protocol import _lr_curve


def test_a_schedule_that_moves_by_epoch_is_drawn_as_it_moves() -> None:
    times, rates = _lr_curve(TrainConfig(schedule="step", epochs=6, lr=0.3, warmup_epochs=0), 2)
    np.testing.assert_array_equal(times, np.arange(12) / 2)
    np.testing.assert_allclose(rates, [1] * 4 + [0.1] * 4 + [0.01] * 4)
    _, rates = _lr_curve(TrainConfig(schedule="plateau", epochs=9, lr=0.3, warmup_epochs=0), 1)
    np.testing.assert_allclose(rates, [1] * 6 + [0.5] * 3)
