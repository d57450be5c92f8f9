"""What the doctor measures: dead units, and the classes that a batch should hold."""

from __future__ import annotations

import pytest
import torch

from nnlabs.commands.doctor.probe import _expected_classes, dead_share


def test_of_a_convolution_a_channel_that_is_0_everywhere_is_dead():
    z = torch.zeros(2, 3, 4, 5)
    z[0, 1, 2, 3] = 1.0
    assert dead_share(z) == 2 / 3
    assert dead_share(torch.tensor([[0.0, 1.0], [0.0, 0.0]])) == 0.5


def test_classes_to_expect_in_a_batch_drawn_without_replacement() -> None:
    # of 3 and 2 examples, two drawn: 1 - C(2, 2)/C(5, 2) + 1 - C(3, 2)/C(5, 2)
    assert _expected_classes(torch.tensor([3.0, 2.0], dtype=torch.float64), 2) == pytest.approx(1.6)
    assert _expected_classes(torch.tensor([3.0, 2.0], dtype=torch.float64), 4) == pytest.approx(2.0)
