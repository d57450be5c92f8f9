"""The learning-rate range test for a run: any network, any optimizer, any data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.files import readable_write_errors
from nnlabs.labkit.study import Study
from nnlabs.labs.optimizers.figures.learning_rates import RangeTest
from nnlabs.labs.optimizers.settings import RangeConfig
from nnlabs.records import read_json, write_json
from nnlabs.runs.fingerprint import run_name

if TYPE_CHECKING:
    from nnlabs.training.lr_range import LrRange


def find_lr(config: RunConfig, low: float = 1e-6, high: float = 10.0, steps: int = 100) -> LrRange:
    """Find a learning rate for a run by a short training in which it rises step by step; nothing is written.

    Args:
        config: the run; its learning rate, schedule, warm-up and epochs do not matter.
        low: the learning rate to begin with, far too low.
        high: the one to end with, far too high.
        steps: batches of the whole test.

    Returns:
        Learning rates, losses, smoothed losses, and what they suggest.

    Raises:
        UserError: where the data cannot be had, or for fewer than two steps.
    """
    from nnlabs.runs.learner import Session
    from nnlabs.training.callbacks import ClipGradient
    from nnlabs.training.loop import State
    from nnlabs.training.losses import loss_of_ignorance, make_loss
    from nnlabs.training.lr_range import range_test
    from nnlabs.training.optimizers import make_optimizer

    settings = replace(config.train, lr=low)
    session = Session(replace(config, train=settings))
    state = State(session.model, make_optimizer(session.model, settings), seed=settings.seed)
    clip = [] if settings.clip_norm is None else [ClipGradient(settings.clip_norm)]
    batches = session.train_batches()
    loss_function = make_loss(settings)
    ignorance = loss_of_ignorance(loss_function, session.splits.train.y, len(session.splits.classes))
    return range_test(state, batches, loss_function, high, steps, clip, session.autocast, ignorance)


def range_tests(study: Study, settings: RangeConfig, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, RangeTest]:
    """The range test for some variations of a lab's network; each is kept in `results/LAB/range_tests/`, and not done again.

    Args:
        study: the lab's study.
        settings: the learning rates to try.
        changes: to the configuration, by the name shown.

    Raises:
        UserError: where a file cannot be written.
    """
    low, high, steps = settings.low, settings.high, settings.steps or RangeConfig.steps
    runs = {name: with_changes(study.base, its, "range_test") for name, its in changes.items()}
    folder = study.folder.parent / "range_tests"
    paths = {name: folder / f"{run_name(run)}-{low:g}-{high:g}-{steps}.json" for name, run in runs.items()}
    missing = [name for name, path in paths.items() if study.config.fresh or not path.exists()]
    kept = f", {len(runs) - len(missing)} of them done before" if len(missing) < len(runs) else ""
    print(f"range tests: {len(runs)}{kept}", flush=True)
    for name in tqdm(missing, desc="range tests", unit="test", disable=None, leave=False):
        found = find_lr(runs[name], low, high, steps)
        _keep(paths[name], RangeTest(found.lr, found.loss, found.smoothed, found.suggestion))
    return {name: _kept(path) for name, path in paths.items()}


def _keep(path: Path, test: RangeTest) -> None:
    with readable_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {name: np.asarray(value).tolist() for name, value in vars(test).items()})


def _kept(path: Path) -> RangeTest:
    """A test that was kept; what JSON does not know, such as no suggestion, is nan again."""
    facts = {name: np.array(value, dtype=np.float64) for name, value in read_json(path).items()}
    return RangeTest(facts["lr"], facts["loss"], facts["smoothed"], float(facts["suggestion"]))
