"""What a run would refuse once it has its data, found out before the first run of many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nnlabs.config.schema import RunConfig, TrainConfig
from nnlabs.data.split import Splits, split_rows
from nnlabs.errors import ConfigError
from nnlabs.models.build import build
from nnlabs.runs.settings import check_run
from nnlabs.training.hardest import kept


def check_runs(configs: Iterable[RunConfig], splits: Splits) -> None:
    """Divide the labels and build the network for each kind of run; nothing is read or trained.

    Args:
        configs: runs on one data set.
        splits: that data set, split in any way.

    Raises:
        ConfigError: settings that contradict each other, more training images asked for than are left, a network that does not fit
            the images, a batch of one image before a batch norm.
        DataError: too few images of a class.
    """
    sizes: dict[object, int] = {}
    built = set()
    for config in configs:
        check_run(config)
        data = replace(config.data, augment=())
        if data not in sizes:
            sizes[data] = len(split_rows(splits.labels, data)[0])
        if config.model.batch_norm:
            check_last_batch(sizes[data], config.train)
        if config.model not in built:
            build(config.model, splits.train.shape, len(splits.classes))
            built.add(config.model)


def check_last_batch(examples: int, train: TrainConfig) -> None:
    """Refuse a last batch of one example, where a batch norm takes a mean over the batch.

    Args:
        examples: that a run trains on.
        train: `batch_size` and `keep_hardest` are read.

    Raises:
        ConfigError: naming size and number.
    """
    size, share = train.batch_size, train.keep_hardest
    for number in (examples, *([kept(examples, share)] if share is not None else [])):
        if (number % size or size) == 1:
            raise ConfigError(
                f"train.batch_size: {number} images in batches of {size} leave a batch of a single one, "
                "from which batch norm can take no mean; choose another size"
            )
