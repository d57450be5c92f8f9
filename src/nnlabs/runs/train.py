"""Train a run and write its folder. It imports torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch

from nnlabs.config.yaml_text import write_config
from nnlabs.data.batches import TrainBatches
from nnlabs.errors import RunError
from nnlabs.files import remove_parts
from nnlabs.records import write_csv, write_json
from nnlabs.runs.fingerprint import describe_run, run_name, source_digest
from nnlabs.runs.learner import Learner, make_learner
from nnlabs.runs.precision import Speeds, speeds_for
from nnlabs.runs.predict import inputs_of
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run
from nnlabs.training import callbacks as around
from nnlabs.training.checkpoint import Checkpoint, UnusableCheckpointError
from nnlabs.training.hardest import KeepHardest, steps_until
from nnlabs.training.loop import Callback, State, train
from nnlabs.training.losses import make_loss
from nnlabs.training.optimizers import make_optimizer
from nnlabs.training.schedules import Schedule

# A killed run loses at most so much, or one epoch; a finished checkpoint is written at the end anyway.
SAVE_EVERY_S = 1.0


def train_run(
    run: Run, show_progress: bool, watchers: Sequence[Callback] = (), speeds: Speeds | None = None
) -> dict[str, Any]:
    """Train one run from where its folder stands, and complete the folder.

    Args:
        run: the run.
        show_progress: whether to draw a bar over the steps.
        watchers: callbacks that show how it goes, and change nothing.
        speeds: what decides its precision where that is `auto` and the run begins; default: those of this machine.

    Returns:
        The facts in `result.json`.

    Raises:
        UserError: where the data cannot be had or a file cannot be written; what was finished stays.
    """
    config = run.begun_config
    speeds = speeds or speeds_for(config.train)
    learner = make_learner(config, speeds)
    _describe(run, learner, speeds)
    settings, batches = run.config.train, learner.train_batches()
    optimizer = make_optimizer(learner.model, settings)
    state = State(learner.model, optimizer, seed=settings.seed)
    callbacks = _callbacks(learner, optimizer, batches)
    files = run.folder / "checkpoint.pt", run.folder / "history.csv"
    checkpoint = Checkpoint(files[0], callbacks, lambda state: write_csv(files[1], state.history), SAVE_EVERY_S)
    shown = list(watchers)
    if show_progress:
        shown.append(
            around.Progress(
                partial(steps_until, batches=batches, share=settings.keep_hardest), settings.epochs, run.folder.name
            )
        )
    if settings.tensorboard:
        shown.append(around.TensorBoard(run.folder / "tensorboard"))
    try:
        train(state, batches, make_loss(settings), settings.epochs, [*callbacks, checkpoint, *shown], learner.autocast)
    except UnusableCheckpointError as error:
        _set_aside(checkpoint.path, error)
        return train_run(run, show_progress, watchers, speeds)
    checkpoint.finish(state)
    remove_parts(run.folder)
    facts = _facts(learner, state, checkpoint.seconds)
    write_json(run.folder / "result.json", facts)
    return facts


def _describe(run: Run, learner: Learner, speeds: Speeds | None) -> None:
    """Write down what is computed, and where, before it begins; of a run that goes on, the same of where it does."""
    begun, versions = run.environment, describe_environment()
    if begun and (run.folder / "checkpoint.pt").exists():
        continued = versions | {"started": datetime.now(UTC).isoformat(), **_computes(learner)}
        write_json(run.folder / "environment.json", {**begun, "continued": [*begun.get("continued", ()), continued]})
        return
    decided_by = asdict(speeds) if learner.config.train.precision == "auto" and speeds else None
    facts = {
        "run": run_name(run.config),
        "started": datetime.now(UTC).isoformat(),
        **_computes(learner),
        "precision": str(learner.precision).removeprefix("torch."),
        "layer_ms": decided_by or begun.get("layer_ms"),
        "data": learner.splits.title,
        "data_checksum": learner.splits.checksum,
        "model_source": source_digest(run.config.model.name),
        "optimizer_source": source_digest(run.config.train.optimizer),
    }
    write_json(run.folder / "environment.json", versions | facts)
    # Last: with it the folder counts as a run, and says which.
    write_config(run.folder / "config.yaml", run.config, describe_run(run.config))


def _computes(learner: Learner) -> dict[str, Any]:
    return {"device": str(learner.device), "threads": torch.get_num_threads()}


def _callbacks(learner: Learner, optimizer: torch.optim.Optimizer, batches: TrainBatches) -> list[Callback]:
    """What this run needs around the loop, and a checkpoint has to keep."""
    settings = learner.config.train
    chosen = around.clip_callbacks(settings)
    chosen += [around.History(_Measure(learner)), around.DivergenceWatch()]
    if settings.patience is not None:
        chosen.append(around.EarlyStopping(settings.patience, settings.min_delta))
    if settings.keep_hardest is not None:
        chosen.append(KeepHardest(batches, settings.keep_hardest))
    until = partial(steps_until, batches=batches, share=settings.keep_hardest)
    chosen.append(Schedule(optimizer, settings, len(batches), until))
    return chosen


class _Measure:
    """Loss and accuracy on the validation split, and on as many training examples, or all where there are fewer, without noise.

    The training loss of the steps is no fair partner of the validation loss: dropout and augmentation make it higher, and
    it is averaged over an epoch in which the network changes.

    Args:
        learner: the network and its data.
    """

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.loss_function = make_loss(replace(learner.config.train, label_smoothing=0.0))
        splits = learner.splits
        generator = torch.Generator().manual_seed(learner.config.data.split_seed)
        rows = torch.randperm(len(splits.train), generator=generator)[: len(splits.validation)]
        self.parts = {"train": splits.train.select(rows), "validation": splits.validation}

    def __call__(self, state: State) -> dict[str, float]:
        row: dict[str, float] = {}
        for name, examples in self.parts.items():
            predictions = self.learner.predict(examples)
            row |= {f"{name}_loss": predictions.loss(self.loss_function), f"{name}_accuracy": predictions.accuracy}
        return row


def _set_aside(checkpoint: Path, error: RunError) -> None:
    """Keep a checkpoint that cannot be used under another name, and say so."""
    aside = checkpoint.with_suffix(".damaged")
    checkpoint.replace(aside)
    print(f"notice: {error}. It was set aside as {aside.name}, and the run starts over.", file=sys.stderr)


def _facts(learner: Learner, state: State, seconds: float) -> dict[str, Any]:
    """What `result.json` says."""
    kept = state.kept_epoch or state.epoch
    measured = {name: value for name, value in state.history[kept - 1].items() if name not in ("epoch", "lr")}
    return {
        "status": state.stop or "finished",
        "data": learner.splits.title,
        "stand_in_for": learner.splits.stand_in_for,
        "train_examples": len(learner.splits.train),
        "validation_examples": len(learner.splits.validation),
        "chance": float(learner.splits.validation.y.bincount().max() / len(learner.splits.validation)),
        "parameters": sum(weights.numel() for weights in learner.model.parameters()),
        "epochs": state.epoch,
        "kept_epoch": kept,
        **measured,
        "seconds": seconds,
        "inputs": inputs_of(learner.splits).facts(),
    }
