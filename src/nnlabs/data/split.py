"""Training, validation and test: split once, stratified and seeded, with the training split's own mean and standard deviation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from sklearn.utils import resample
from torch import Tensor

from nnlabs.config.schema import DataConfig
from nnlabs.data.augment import check_augmentation
from nnlabs.data.catalog import FOLDER_PREFIX, lookup
from nnlabs.data.examples import Examples
from nnlabs.data.image_files import class_titles, folder_of, list_images
from nnlabs.data.images import ImageSet
from nnlabs.data.rows import Rows, hold_out, one_fold
from nnlabs.errors import ConfigError, DataError


@dataclass(frozen=True)
class Splits:
    """A data set, ready to train on.

    Args:
        name: its name in the catalog.
        title: what figures say; a stand-in says there what it stands in for.
        classes: names of the classes; label k means `classes[k]`.
        train: what the network learns from.
        validation: what decides between networks.
        test: read once, at the end.
        mean: what is taken from each channel's pixels, which reach from 0 to 1, or from a signal's numbers: their mean over the
            training split, shape (channels, 1, 1); 0 where the configuration asks for pixels as they lie.
        std: what they are divided by: their standard deviation over the training split, same shape; likewise 1/255 for pixels
            and 1 for a signal's numbers.
        checksum: sha256 of the data set's images and labels as published, hexadecimal.
        labels: true labels of all that training and validation were divided from, int64, shape (n,).
        stand_in_for: name of the real data set that this one stands in for, if it does.
        label_noise: share of the training labels that was made wrong, on purpose.
        fill: the training split's mean pixel where the configuration asks for pixels as they lie, on their scale, shape
            (channels, 1, 1); None where they are normalized, and their mean is 0.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    train: Examples
    validation: Examples
    test: Examples
    mean: Tensor
    std: Tensor
    checksum: str
    labels: Tensor
    stand_in_for: str | None = None
    label_noise: float = 0.0
    fill: Tensor | None = None

    @property
    def unit(self) -> str:
        """What the examples are, as figures say it: images or signals."""
        return "images" if self.train.is_image else "signals"


def split_rows(labels: Tensor, config: DataConfig) -> tuple[Tensor, Tensor]:
    """Divide the published training set into training and validation, each class by the same share.

    Args:
        labels: labels of the published training set, int64, shape (n,).
        config: its fold and folds, or validation_fraction; train_size; split_seed.

    Returns:
        The numbers of the training examples and of the validation examples, each ascending.

    Raises:
        ConfigError: a training or validation set larger than there is or smaller than the number of classes.
        DataError: one class only, or classes too small to be divided.
    """
    y = labels.numpy()
    _check_classes(y, config)
    if config.fold is None:
        train, validation = hold_out(y, _count(y, config.validation_fraction), config.split_seed)
    else:
        train, validation = one_fold(y, config.fold, config.folds, config.split_seed)
    train = _subset(train, y, config)
    remedy = "a smaller data.validation_fraction" if config.train_size is None else "a larger data.train_size"
    _check_part("training", train, y, config, remedy)
    _check_part("validation", validation, y, config, "a larger data.validation_fraction")
    return torch.from_numpy(np.sort(train)), torch.from_numpy(np.sort(validation))


def _check_classes(y: Rows, config: DataConfig) -> None:
    present, counts = np.unique(y, return_counts=True)
    if len(present) < 2:
        raise DataError(
            f"{config.name} holds one class only, but a classifier needs two at least; add images of another"
        )
    parts = 2 if config.fold is None else config.folds
    if counts.min() < parts:
        raise DataError(
            f"{config.name} has {counts.min()} training examples of its smallest class, but {parts} parts need one each; "
            "add some, or lower data.folds"
        )


def _check_part(part: str, rows: Rows, y: Rows, config: DataConfig, remedy: str) -> None:
    """Refuse a division that leaves a class out: a network would never see it, or never be judged by it."""
    if missing := sorted(set(np.unique(y).tolist()) - set(np.unique(y[rows]).tolist())):
        raise ConfigError(
            f"data: none of the {len(rows)} {part} examples is of class {_class_name(missing[0], config)}, of which there are "
            f"{(y == missing[0]).sum()}; take {remedy}, or add examples of it"
        )


def _class_name(label: int, config: DataConfig) -> str:
    """What a class is called: by whoever made its folder; in published data, whose labels are numbers, its number."""
    if not config.name.startswith(FOLDER_PREFIX):
        return f"{label} (counted from 0)"
    return repr(class_titles(list_images(folder_of(config.name)))[label])


def _count(y: Rows, share: float) -> int:
    """How many examples a share is, where that leaves enough on both sides."""
    classes, n = len(np.unique(y)), len(y)
    count = round(share * n)
    if not classes <= count <= n - classes:
        raise ConfigError(
            f"data.validation_fraction {share:g} of {n} examples leaves {count} for validation and {n - count} to "
            f"train on, but both need one of each of the {classes} classes at least; choose another share or add examples"
        )
    return count


def _subset(rows: Rows, y: Rows, config: DataConfig) -> Rows:
    size, classes = config.train_size or len(rows), len(np.unique(y))
    if not classes <= size <= len(rows):
        raise ConfigError(
            f"data.train_size is {size}, but {len(rows)} examples of {classes} classes are left to train on; "
            f"choose from {classes} to {len(rows)}"
        )
    kept: Rows = resample(rows, replace=False, n_samples=size, stratify=y[rows], random_state=config.split_seed)
    return kept


def corrupt_labels(y: Tensor, classes: int, share: float, seed: int) -> Tensor:
    """Give a share of the examples a wrong label, each other class being equally likely.

    Args:
        y: true labels, int64, shape (n,).
        classes: number of classes.
        share: what part becomes wrong; round(share * n) labels are.
        seed: decides which, and what they become.

    Returns:
        The labels, some of them wrong, int64, shape (n,).
    """
    # RandomState, unlike NumPy's newer generators, promises the same numbers in every version.
    random = np.random.RandomState(seed)
    chosen = torch.from_numpy(random.permutation(len(y))[: round(share * len(y))])
    spoilt = y.clone()
    # Adding 1 .. classes-1 modulo classes reaches every class but the true one.
    spoilt[chosen] = (y[chosen] + torch.from_numpy(random.randint(1, classes, len(chosen)))) % classes
    return spoilt


def pixel_counts(examples: Examples) -> Tensor:
    """How often each of the 256 values occurs in each channel.

    Args:
        examples: n images of any shape.

    Returns:
        int64, shape (channels, 256).
    """
    counts = torch.zeros((examples.shape[0], 256), dtype=torch.int64)
    for x, _ in examples.batches(size=1024):
        for channel, count in enumerate(counts):
            count += torch.bincount(x[:, channel].flatten(), minlength=256)
    return counts


def mean_and_std(counts: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, exact whatever the number of threads: they come from counts.

    Args:
        counts: how often each value occurs, int64, shape (channels, 256).

    Returns:
        mean = Σ v n(v) / Σ n(v) and std = √(Σ (v - mean)² n(v) / Σ n(v)) over the values v = 0/255 ... 255/255, float32, of
        shape (channels, 1, 1) each; std is 1 for a channel that is the same everywhere, so that dividing by it is harmless.
    """
    values = torch.arange(256, dtype=torch.float64) / 255
    share = counts.double() / counts.sum(1, keepdim=True)
    mean = share @ values
    std = (share * (values - mean.unsqueeze(1)) ** 2).sum(1).sqrt()
    std[std == 0] = 1
    return mean.float().view(-1, 1, 1), std.float().view(-1, 1, 1)


def signal_mean_and_std(examples: Examples) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel of examples that are no bytes, as `mean_and_std` gives those of images.

    Args:
        examples: n examples of any shape, float32.

    Returns:
        On the scale of the numbers themselves, float32, shape (channels, 1, 1) each; the sums are exact (`fmean`), so that
        every machine gets the same.
    """
    channels = [channel.flatten().double().tolist() for channel in examples.x.unbind(1)]
    means = [fmean(values) for values in channels]
    variances = [fmean((value - mean) ** 2 for value in values) for values, mean in zip(channels, means, strict=True)]
    stds = [math.sqrt(variance) or 1.0 for variance in variances]
    return torch.tensor(means).view(-1, 1, 1), torch.tensor(stds).view(-1, 1, 1)


def split(images: ImageSet, config: DataConfig) -> Splits:
    """Make the three splits of a data set.

    The test split is passed on as published: nothing here is computed from it but the checksum of the whole.

    Args:
        images: the data set.
        config: see `DataConfig`.

    Raises:
        ConfigError: a configuration that this data set cannot satisfy.
        DataError: a data set that cannot be split.
    """
    train_rows, validation_rows = split_rows(images.train.y, config)
    train = images.train.select(train_rows)
    wrong = images.label_noise if config.label_noise is None else config.label_noise
    train = train.relabel(corrupt_labels(train.y, len(images.classes), wrong, config.split_seed))
    check_augmentation(config.augment, train.shape, config.crop_pad)
    mean, std = mean_and_std(pixel_counts(train)) if train.is_image else signal_mean_and_std(train)
    fill = None
    if not config.normalize:  # (v/255 - 0) / (1/255) = v
        fill = mean * 255 if train.is_image else mean
        mean, std = torch.zeros_like(mean), torch.full_like(std, 1 / 255 if train.is_image else 1)
    stands_in = f" (stand-in for {lookup(config.stand_in_for).title})" if config.stand_in_for else ""
    return Splits(
        images.entry.name,
        images.entry.title + stands_in,
        images.classes,
        train,
        images.train.select(validation_rows),
        images.test,
        mean,
        std,
        images.checksum,
        images.train.y,
        config.stand_in_for,
        wrong,
        fill,
    )
