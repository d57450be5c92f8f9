"""From a configuration to the splits of a data set: the one way in which everything else gets its examples."""

from __future__ import annotations

from pathlib import Path

from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import FOLDER_PREFIX, check_data, lookup
from nnlabs.data.examples import Examples
from nnlabs.data.fetch import ensure
from nnlabs.data.folder import image_folder
from nnlabs.data.image_files import check_content
from nnlabs.data.images import ImageSet, cifar10, fashion_mnist
from nnlabs.data.signals import mnist1d
from nnlabs.data.split import Splits, split
from nnlabs.data.standins import digits
from nnlabs.errors import ConfigError
from nnlabs.paths import data_root

__all__ = ["Examples", "ImageSet", "Splits", "image_set", "load"]


def load(config: DataConfig) -> Splits:
    """The training, validation and test split that a configuration describes; downloads what is missing.

    Args:
        config: which data set, and what of it; `auto` must have been resolved.

    Raises:
        ConfigError: a name or a split that does not exist.
        DataError: data that is damaged or cannot be had.
    """
    check_data(config)
    if config.name == "auto":
        raise ConfigError(
            "data.name is auto, which only a lab can resolve: it knows the real set and the stand-in; name one"
        )
    check_content(config)
    return split(image_set(config.name, data_root(config.root), config.split_seed), config)


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
