from __future__ import annotations

import pytest
import torch

from nnlabs.data.batches import TrainBatches
from nnlabs.data.examples import Examples
from nnlabs.data.normalize import Normalize


@pytest.fixture
def make_batches():
    """Makes batches of 4x4 noise in three classes, 22 images by 8: the last batch of an epoch is smaller."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (22, 1, 4, 4), dtype=torch.uint8, generator=generator)
    examples = Examples(x, torch.arange(22) % 3)

    def make(**options) -> TrainBatches:
        return TrainBatches(
            examples, Normalize(torch.full((1, 1, 1), 0.5), torch.full((1, 1, 1), 0.3)), **{"batch_size": 8, **options}
        )

    return make
