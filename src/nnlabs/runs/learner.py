"""A run's network on its device, with the data it sees. It imports torch."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from nnlabs.config.schema import RunConfig
from nnlabs.data.augment import check_augmentation
from nnlabs.data.batches import TrainBatches, eval_batches
from nnlabs.data.load import Examples, Splits, load_cached
from nnlabs.data.normalize import Normalize
from nnlabs.models.build import build
from nnlabs.models.whitened import Whitening
from nnlabs.runs.checks import check_last_batch
from nnlabs.runs.precision import Speeds, pick_precision
from nnlabs.training.device import autocast, likes_channels_last, pick_device
from nnlabs.training.evaluate import Predictions, predict

# So many training images are enough for the covariance of patches, of which each has hundreds.
WHITENING_IMAGES = 1000


def make_learner(config: RunConfig, speeds: Speeds | None = None) -> Learner:
    """Here a run begins: this process computes with its threads, torch's generator starts at its seed, data are read.

    Args:
        config: the run.
        speeds: as for `Learner`.

    Raises:
        UserError: where the data or the device cannot be had.
    """
    torch.set_num_threads(config.train.threads)
    splits = load_cached(config.data)
    torch.manual_seed(config.train.seed)
    return Learner(config, splits, speeds)


class Learner:
    """A network on its device with the data it sees: what training and testing of one run share; see `make_learner`.

    Args:
        config: the run.
        splits: its data.
        speeds: what decides its precision where that is `auto`; default: those of this machine.

    Attributes:
        precision: in which it computes.
        model: a new network, whose weights are drawn from torch's own generator.
        normalize: for the network's inputs.
        autocast: the context in which it predicts.
    """

    def __init__(self, config: RunConfig, splits: Splits, speeds: Speeds | None = None) -> None:
        self.config, self.splits = config, splits
        self.device = pick_device(config.train.device)
        if config.train.average_flip:
            check_augmentation(("flip",), splits.train.shape, setting="train.average_flip")
        model = build(config.model, splits.train.shape, len(splits.classes))
        self.precision = pick_precision(config.train.precision, self.device, model, speeds)
        self.autocast = partial(autocast, self.device, self.precision)
        channels_last = likes_channels_last(model)
        self.normalize = Normalize(splits.mean, splits.std, self.device, channels_last)
        self.model: nn.Module = model.to(self.device)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self._whiten()
        if config.train.compile:
            self.model.compile()  # in place: parameters keep their names

    def _whiten(self) -> None:
        """Fit the whitening layer, where there is one: a function of the training split alone."""
        splits, last = self.splits, len(self.splits.train) - 1
        for layer in self.model.modules():
            if isinstance(layer, Whitening):
                # Evenly spread: images from folders lie class by class.
                rows = torch.linspace(0, last, min(WHITENING_IMAGES, last + 1)).long()
                batches = eval_batches(splits.train.select(rows), Normalize(splits.mean, splits.std))
                layer.fit(torch.cat([x for x, _ in batches]))

    def predict(self, examples: Examples) -> Predictions:
        """The network's logits for some examples, unaugmented.

        Args:
            examples: images and targets.
        """
        batches = eval_batches(examples, self.normalize)
        settings = self.config.train
        return predict(self.model, batches, self.autocast, settings.average_flip, settings.average_shift)

    def train_batches(self) -> TrainBatches:
        """The training split in batches, shuffled and augmented as the run's settings say.

        Raises:
            ConfigError: where a batch of one would meet a batch norm, which takes a mean over the batch.
        """
        splits, data, settings = self.splits, self.config.data, self.config.train
        check_last_batch(len(splits.train), settings, self.model, splits.train.shape)
        return TrainBatches(
            splits.train,
            self.normalize,
            batch_size=settings.batch_size,
            augment=data.augment,
            crop_pad=data.crop_pad,
            fill=splits.fill,
            seed=settings.seed,
            shuffle=data.shuffle,
        )
