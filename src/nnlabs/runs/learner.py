"""Put together what a run needs, train it, and write its folder. This is where the rooms below meet; it imports torch."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nnlabs.config.schema import DataConfig, RunConfig, TrainConfig
from nnlabs.config.yaml_text import write_config
from nnlabs.data.augment import check_augmentation
from nnlabs.data.batches import TrainBatches, eval_batches
from nnlabs.data.image_files import pin_content
from nnlabs.data.load import Examples, Splits, load
from nnlabs.data.normalize import Normalize
from nnlabs.errors import ConfigError, RunError
from nnlabs.files import remove_parts
from nnlabs.models.build import build
from nnlabs.models.summary import format_summary, summarize
from nnlabs.models.whitened import Whitening
from nnlabs.records import write_csv, write_json
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run
from nnlabs.training import callbacks as around
from nnlabs.training.checkpoint import Checkpoint, UnusableCheckpointError, load_checkpoint
from nnlabs.training.device import autocast, likes_channels_last, pick_device, pick_precision
from nnlabs.training.evaluate import Predictions, predict
from nnlabs.training.loop import Callback, State, train
from nnlabs.training.losses import make_loss
from nnlabs.training.metrics import measure
from nnlabs.training.optimizers import make_optimizer
from nnlabs.training.schedules import Schedule

# Two data sets are kept in memory, so that the runs of a sweep do not read them anew each time.
_load_cached = lru_cache(maxsize=2)(load)


def load_cached(config: DataConfig) -> Splits:
    """`load`, which reads anew only what has changed since: another configuration, or other images in a folder."""
    return _load_cached(pin_content(config))


# So many training images are enough for the covariance of patches, of which each has hundreds.
WHITENING_IMAGES = 1000

# A killed run loses at most so much, or one epoch; a finished checkpoint is written at the end anyway.
SAVE_EVERY_S = 1.0


class Session:
    """A network on its device with the data it sees: what training and testing of one run share.

    Args:
        config: the run.
    """

    def __init__(self, config: RunConfig) -> None:
        torch.set_num_threads(config.train.threads)
        self.config = config
        self.device = pick_device(config.train.device)
        self.precision = pick_precision(config.train.precision, self.device)
        self.autocast = partial(autocast, self.device, self.precision)
        self.splits: Splits = load_cached(config.data)
        if config.train.average_flip:
            check_augmentation(("flip",), self.splits.train.shape, "train.average_flip")
        torch.manual_seed(config.train.seed)
        model = build(config.model, self.splits.train.shape, len(self.splits.classes))
        channels_last = likes_channels_last(model)
        self.normalize = Normalize(self.splits.mean, self.splits.std, self.device, channels_last)
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
        """What the network says of some examples, unaugmented.

        Args:
            examples: images and targets.
        """
        return predict(
            self.model, eval_batches(examples, self.normalize), self.autocast, self.config.train.average_flip
        )

    def train_batches(self) -> TrainBatches:
        """The training split in batches, shuffled and augmented as the run's settings say.

        Raises:
            ConfigError: where a batch of one would meet a batch norm, which takes a mean over the batch.
        """
        splits, settings = self.splits, self.config.train
        examples, size = len(splits.train), settings.batch_size
        normalizes = any(isinstance(layer, nn.BatchNorm1d) for layer in self.model.modules())
        if normalizes and (examples % size or size) == 1:
            raise ConfigError(
                f"train.batch_size: {examples} images in batches of {size} leave a batch of a single one, "
                "from which batch norm can take no mean; choose another size"
            )
        return TrainBatches(
            splits.train,
            self.normalize,
            batch_size=size,
            augment=self.config.data.augment,
            crop_pad=self.config.data.crop_pad,
            fill=splits.fill,
            seed=settings.seed,
            shuffle=self.config.data.shuffle,
        )


def train_run(run: Run, show_progress: bool) -> dict[str, Any]:
    """Train one run from where its folder stands, and complete the folder.

    Args:
        run: the run.
        show_progress: whether to draw a bar over the steps.

    Returns:
        The facts in `result.json`.

    Raises:
        UserError: where the data cannot be had or a file cannot be written; what was finished stays.
    """
    session = Session(run.config)
    _describe(run, session)
    settings, batches = run.config.train, session.train_batches()
    optimizer = make_optimizer(session.model, settings)
    state = State(session.model, optimizer, seed=settings.seed)
    callbacks = _callbacks(session, optimizer, len(batches))
    files = run.folder / "checkpoint.pt", run.folder / "history.csv"
    checkpoint = Checkpoint(files[0], callbacks, lambda state: write_csv(files[1], state.history), SAVE_EVERY_S)
    shown: list[Callback] = []
    if show_progress:
        shown.append(around.Progress(batches, settings.epochs, run.folder.name))
    if settings.tensorboard:
        shown.append(around.TensorBoard(run.folder / "tensorboard"))
    try:
        train(state, batches, make_loss(settings), settings.epochs, [*callbacks, checkpoint, *shown], session.autocast)
    except UnusableCheckpointError as error:
        _set_aside(checkpoint.path, error)
        return train_run(run, show_progress)
    checkpoint.finish(state)
    remove_parts(run.folder)
    facts = _facts(session, state, checkpoint.seconds)
    write_json(run.folder / "result.json", facts)
    return facts


def _describe(run: Run, session: Session) -> None:
    """Write down what is computed, and where, before it begins."""
    write_config(run.folder / "config.yaml", run.config)
    facts = {
        "device": str(session.device),
        "precision": str(session.precision).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "data": session.splits.title,
        "data_checksum": session.splits.checksum,
    }
    write_json(run.folder / "environment.json", describe_environment() | facts)


def _callbacks(session: Session, optimizer: torch.optim.Optimizer, steps: int) -> list[Callback]:
    """What this run needs around the loop, and a checkpoint has to keep."""
    settings = session.config.train
    chosen = clip_callbacks(settings)
    chosen += [around.History(_Measure(session)), around.DivergenceWatch()]
    if settings.patience is not None:
        chosen.append(around.EarlyStopping(settings.patience, settings.min_delta))
    chosen.append(Schedule(optimizer, settings, steps))
    return chosen


def clip_callbacks(settings: TrainConfig) -> list[Callback]:
    """Gradient clipping, where the settings ask for it; all that a training of a few steps needs around it.

    Args:
        settings: `clip_norm` is read.
    """
    return [] if settings.clip_norm is None else [around.ClipGradient(settings.clip_norm)]


class _Measure:
    """Loss and accuracy on the validation split, and on as many training examples, both without noise of any kind.

    The training loss of the steps is no fair partner of the validation loss: dropout and augmentation make it higher, and
    it is averaged over an epoch in which the network changes.

    Args:
        session: the network and its data.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.loss_function = make_loss(replace(session.config.train, label_smoothing=0.0))
        splits = session.splits
        generator = torch.Generator().manual_seed(session.config.data.split_seed)
        rows = torch.randperm(len(splits.train), generator=generator)[: len(splits.validation)]
        self.parts = {"train": splits.train.select(rows), "validation": splits.validation}

    def __call__(self, state: State) -> dict[str, float]:
        row: dict[str, float] = {}
        for name, examples in self.parts.items():
            said = self.session.predict(examples)
            row |= {f"{name}_loss": said.loss(self.loss_function), f"{name}_accuracy": said.accuracy}
        return row


def _set_aside(checkpoint: Path, error: RunError) -> None:
    """Keep a checkpoint that cannot be used under another name, and say so."""
    aside = checkpoint.with_suffix(".damaged")
    checkpoint.replace(aside)
    print(f"notice: {error}. It was set aside as {aside.name}, and the run starts over.", file=sys.stderr)


def _facts(session: Session, state: State, seconds: float) -> dict[str, Any]:
    """What `result.json` says."""
    kept = state.kept_epoch or state.epoch
    measured = {name: value for name, value in state.history[kept - 1].items() if name not in ("epoch", "lr")}
    return {
        "status": state.stop or "finished",
        "data": session.splits.title,
        "stand_in_for": session.splits.stand_in_for,
        "train_examples": len(session.splits.train),
        "parameters": sum(weights.numel() for weights in session.model.parameters()),
        "epochs": state.epoch,
        "kept_epoch": kept,
        **measured,
        "seconds": seconds,
    }


def open_trained(run: Run) -> Session:
    """A finished run's network, with its weights, and its data.

    Args:
        run: a run that is done.

    Raises:
        RunError: where its checkpoint is damaged or gone.
    """
    session = Session(run.config)
    try:
        session.model.load_state_dict(load_checkpoint(run.folder / "checkpoint.pt")["model"])
    except RunError as error:
        raise RunError(f"{error}; delete {run.folder} and give the same command again") from error
    return session


def first_layer(run: Run) -> NDArray[np.float32]:
    """The weights of a finished run's first layer, shape (units, inputs): a row is what one unit looks for.

    Args:
        run: a run that is done.
    """
    model = open_trained(run).model
    weights = next(layer.weight for layer in model.modules() if isinstance(layer, nn.Linear))
    return weights.detach().cpu().numpy()


def count_model(run: Run) -> tuple[int, int]:
    """Parameters of a run's network, and multiply-adds that it takes to classify one image.

    Args:
        run: done or not.
    """
    session = Session(run.config)
    rows = summarize(session.model, session.splits.train.shape)
    return sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)


def describe_model(config: RunConfig) -> str:
    """A run's network as a table: layers with output shapes, parameters and multiply-adds.

    Args:
        config: the run.
    """
    session = Session(config)
    return format_summary(summarize(session.model, session.splits.train.shape))


def test(run: Run) -> Predictions:
    """Read the test split with the weights that the run ended with, and note the outcome in `test.json`.

    To be called for a run that was chosen without it, and at the very end: whatever selects sees validation only.

    Args:
        run: a run that is done.

    Returns:
        Logits and targets of the test split.
    """
    session = open_trained(run)
    said = session.predict(session.splits.test)
    measures = measure(said.logits.numpy(), said.targets.numpy())
    write_json(run.folder / "test.json", asdict(measures))
    return said
