"""Seeds of an epoch: the same for ever, and no two alike."""

from __future__ import annotations

from nnlabs.seeding import epoch_seed


def test_epoch_seed_is_the_documented_function():
    import numpy as np

    assert epoch_seed(3, 5) == np.random.SeedSequence([3, 5, 0]).generate_state(1)[0]
    # Values of NumPy's SeedSequence, which promises never to change them.
    assert (epoch_seed(0, 0), epoch_seed(0, 1), epoch_seed(0, 0, stream=1)) == (2968811710, 3964924996, 3831201730)


def test_epoch_seeds_do_not_collide():
    seeds = {epoch_seed(seed, epoch, stream) for seed in range(20) for epoch in range(50) for stream in range(2)}
    assert len(seeds) == 2000
