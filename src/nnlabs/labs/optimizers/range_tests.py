"""Range tests for the optimizers that compete, each kept and not done again; and what they suggest, in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from nnlabs.config.load import with_changes
from nnlabs.config.own import named_in, own_mistakes_told
from nnlabs.config.schema import RunConfig
from nnlabs.labkit.study import Study
from nnlabs.labs.optimizers.figures.learning_rates import RangeTest
from nnlabs.labs.optimizers.protocol import Trials
from nnlabs.labs.optimizers.settings import RangeConfig
from nnlabs.records import read_json, write_json
from nnlabs.runs.fingerprint import run_name
from nnlabs.runs.lr_finder import find_lr
from nnlabs.sweeps.dask_pool import workers_for
from nnlabs.sweeps.pools import call_each, local_pool

# Counts the rules by which a rate was suggested: tests kept under another one are made anew.
RULE = 2


def range_tests(study: Study, settings: RangeConfig, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, RangeTest]:
    """The range test for some variations of a lab's network; each is kept in `results/LAB/range_tests/`, and not done again.

    Args:
        study: the lab's study.
        settings: the learning rates to try.
        changes: to the configuration, by the name shown.

    Raises:
        UserError: where a file cannot be written, or a network or an optimizer of one's own fails.
    """
    low, high, steps = settings.low, settings.high, settings.steps or RangeConfig.steps
    runs = {name: with_changes(study.base, settings, "range_test") for name, settings in changes.items()}
    folder = study.folder.parent / "range_tests"
    paths = {name: folder / f"{run_name(run)}-{low:g}-{high:g}-{steps}-{RULE}.json" for name, run in runs.items()}
    missing = [name for name, path in paths.items() if study.config.fresh or not path.exists()]
    kept = f", {len(runs) - len(missing)} of them there already" if len(missing) < len(runs) else ""
    print(f"range tests: {len(runs)}{kept}", flush=True)
    pool = local_pool(min(workers_for(study.config.sweep, study.base.train.threads), len(missing)))
    tests = call_each(pool, partial(_test, low, high, steps), [runs[name] for name in missing])
    own = (name for run in runs.values() for name in named_in(run))
    with own_mistakes_told(own):
        for number, test in tqdm(tests, "range tests", len(missing), unit="test", disable=None, leave=False):
            write_json(paths[missing[number]], vars(test))
    return {name: _kept(path) for name, path in paths.items()}


def _test(low: float, high: float, steps: int, run: RunConfig) -> RangeTest:
    found = find_lr(run, low, high, steps)
    return RangeTest(found.lr, found.loss, found.smoothed, found.suggestion)


def _kept(path: Path) -> RangeTest:
    """A test that was kept; what JSON does not know, such as no suggestion, is nan again."""
    facts = {name: np.array(value, dtype=np.float64) for name, value in read_json(path).items()}
    return RangeTest(facts["lr"], facts["loss"], facts["smoothed"], float(facts["suggestion"]))


def on_range(tests: Mapping[str, RangeTest]) -> str:
    """What the range tests suggest.

    Args:
        tests: by optimizer.
    """
    found = {name: test.suggestion for name, test in tests.items() if np.isfinite(test.suggestion)}
    if not found:
        return (
            "The range test suggests no learning rate: nowhere does the loss fall clearly, that is beyond its noise and below what "
            "it costs to know nothing. Give it more steps (range_test.steps), or a wider range (range_test.low, range_test.high)."
        )
    parts = ", ".join(f"{name} {lr:.2g}" for name, lr in found.items())
    spread = max(found.values()) / min(found.values())
    apart = f"; the highest is {spread:,.0f} times the lowest" if len(found) > 1 else ""
    without = [name for name in tests if name not in found]
    none = f" None for {', '.join(without)}, where the loss does not fall clearly." if without else ""
    return f"Learning rates suggested by the range test: {parts}{apart}.{none}"


def on_suggestions(suggested: Mapping[str, float], trials: Mapping[str, Trials], bound: float) -> list[str]:
    """How far the best learning rates tried lie from those that the range test had suggested; nothing where one was not made.

    Args:
        suggested: learning rates, nan for none, by optimizer.
        trials: finished trials by optimizer.
        bound: the validation accuracy of guessing.
    """
    ratios = {
        name: float(tried.lrs[tried.best] / suggested[name])
        for name, tried in trials.items()
        if tried.lrs.size and np.isfinite(suggested.get(name, np.nan)) and np.nanmax([*tried.scores, 0]) > bound
    }
    if not ratios:
        return []
    low, high = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
    reach = f"{ratios[low]:.2g} ({low})" if low == high else f"{ratios[low]:.2g} ({low}) to {ratios[high]:.2g} ({high})"
    far = max(ratios[high], 1 / ratios[low]) > 2
    moral = " It finds where to search, and is no substitute for a search." if far else ""
    return [f"The best learning rate tried is {reach} times the one that the range test suggested.{moral}"]
