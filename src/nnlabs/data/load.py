"""From a configuration to the splits of a data set: the one way in which everything else gets its examples."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import FOLDER_PREFIX, check_data, lookup
from nnlabs.data.examples import Examples
from nnlabs.data.fetch import ensure
from nnlabs.data.folder import image_folder
from nnlabs.data.image_files import check_content, pin_content
from nnlabs.data.images import ImageSet, cifar10, fashion_mnist
from nnlabs.data.signals import mnist1d
from nnlabs.data.split import Splits, split, split_rows
from nnlabs.data.standins import digits
from nnlabs.errors import ConfigError
from nnlabs.paths import data_root

__all__ = ["Examples", "ImageSet", "Splits", "count_training", "image_set", "load", "load_cached"]


def load(config: DataConfig) -> Splits:
    """The training, validation and test split that a configuration describes; downloads what is missing.

    Args:
        config: which data set, and what of it; `auto` must have been resolved.

    Raises:
        ConfigError: a name or a split that does not exist.
        DataError: data that is damaged or cannot be had.
    """
    check_data(config)
    return split(_published(config), config)


def _published(config: DataConfig) -> ImageSet:
    """The data set that a configuration names, whole."""
    if config.name == "auto":
        raise ConfigError(
            "data.name is auto, which only a lab can resolve: it knows the real set and the stand-in; name one"
        )
    check_content(config)
    return image_set(config.name, data_root(config.root), config.split_seed)


def load_cached(config: DataConfig) -> Splits:
    """`load`, which reads anew only what has changed since: another data set, or other images in a folder.

    Args:
        config: as for `load`.

    Raises:
        UserError: as `load`.
    """
    return _split_cached(pin_content(config))


def count_training(config: DataConfig) -> int:
    """How many training examples a configuration has to choose from, before `train_size` takes some of them.

    Args:
        config: as for `load`.

    Raises:
        UserError: as `load`.
    """
    config = replace(pin_content(config), train_size=None)
    return len(split_rows(_published_cached(_whole(config)).train.y, config)[0])


# What is kept in memory, so that the runs of a sweep do not read it anew each time: a data set, and two ways to split it.
@lru_cache(maxsize=2)
def _split_cached(config: DataConfig) -> Splits:
    check_data(config)
    return split(_published_cached(_whole(config)), config)


def _whole(config: DataConfig) -> DataConfig:
    """The settings that decide what is read; the rest as by default."""
    seed = config.split_seed if config.name.startswith(FOLDER_PREFIX) else 0
    return DataConfig(config.name, config.root, content=config.content, split_seed=seed)


_published_cached = lru_cache(maxsize=1)(_published)


def image_set(name: str, root: Path, seed: int = 0) -> ImageSet:
    """A data set as published.

    Args:
        name: a name of the catalog.
        root: folder of the data sets.
        seed: decides which images of a folder are its test set; the others have a published one.

    Raises:
        ConfigError: for an unknown name.
        DataError: data that is damaged or cannot be had.
    """
    entry = lookup(name)
    if name.startswith(FOLDER_PREFIX):
        return image_folder(name, seed)
    if entry.download is not None:
        ensure(entry, root)
        return {"fashion_mnist": fashion_mnist, "cifar10": cifar10}[name](root)
    return mnist1d(entry, root) if entry.generated else digits()
