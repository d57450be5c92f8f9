"""What a run would refuse once it has its data, found out before the first run of many."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace

import torch
from torch import nn

from nnlabs.config.schema import RunConfig, TrainConfig
from nnlabs.data.augment import check_augmentation
from nnlabs.data.load import load_cached
from nnlabs.data.split import Splits, split_rows
from nnlabs.errors import ConfigError
from nnlabs.models.build import build
from nnlabs.runs.settings import check_run
from nnlabs.training.hardest import WHOLE_EPOCHS, kept


def check_runs(configs: Iterable[RunConfig], splits: Splits) -> None:
    """Divide the labels and build the network for each kind of run; nothing is trained.

    Args:
        configs: the runs.
        splits: the data set of most of them, split in any way; others are read.

    Raises:
        ConfigError: settings that contradict each other, more training images asked for than are left, a network that does not fit
            the images, a batch of one image before a batch norm.
        DataError: too few images of a class.
    """
    sizes: dict[object, int] = {}
    built: dict[object, nn.Module] = {}
    for config in configs:
        check_run(config)
        # A structure may learn from other data than the lab's.
        own = splits if config.data.name == splits.name else load_cached(config.data)
        shape, classes = own.train.shape, len(own.classes)
        check_augmentation(config.data.augment, shape, config.data.crop_pad)
        if config.train.average_flip:
            check_augmentation(("flip",), shape, setting="train.average_flip")
        data, network = replace(config.data, augment=()), (config.model, shape, classes)
        if data not in sizes:
            sizes[data] = len(split_rows(own.labels, data)[0])
        if network not in built:
            built[network] = build(config.model, shape, classes)
        check_last_batch(sizes[data], config.train, built[network], shape)


def check_last_batch(examples: int, train: TrainConfig, model: nn.Module, shape: tuple[int, int, int]) -> None:
    """Refuse a last batch of one example, where a batch norm takes a mean over the batch.

    Args:
        examples: that a run trains on.
        train: `batch_size`, `epochs` and `keep_hardest` are read.
        model: the network; it stays as it is.
        shape: channels, height and width of an example.

    Raises:
        ConfigError: naming size and number.
    """
    size, share = train.batch_size, train.keep_hardest
    numbers = [examples]
    if share is not None and train.epochs > WHOLE_EPOCHS:  # until then no epoch is cut
        numbers.append(kept(examples, share))
    for number in numbers:
        if (number % size or size) == 1 and not _learns_from_one(model, shape):
            raise ConfigError(
                f"train.batch_size: {number} examples in batches of {size} leave a batch of a single one, "
                "from which batch norm can take no mean; choose another size"
            )


def _learns_from_one(model: nn.Module, shape: tuple[int, int, int]) -> bool:
    """Whether the network can be trained on one example: a batch norm that sees one value a channel cannot, and says so."""
    device = next(iter(model.parameters()), torch.empty(0)).device
    try:
        trial = deepcopy(model)
        trial.train()
        trial(torch.zeros(1, *shape, device=device))
    except ValueError:
        return False
    return True
