"""What lab 3's searches and folds say, in sentences computed from their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labkit.comparison import compared_with, learned, list_verdicts, lost, with_end
from nnlabs.labs.regularization.settings import PLAIN, SEARCHED
from nnlabs.stats.intervals import guessing_bound
from nnlabs.sweeps.results import Seeds, has_network
from nnlabs.sweeps.search import Setting


def on_selection(winners: Mapping[str, Setting], tried: Mapping[str, Sequence[Setting]]) -> str:
    """What each search found, and where that lies at an end of what it tried.

    Args:
        winners: the best setting of each search, by its name; none for a search of which every run diverged.
        tried: all settings of each.
    """
    chosen = "; ".join(
        f"{name} chose "
        + " and ".join(
            f"{SEARCHED[key]} {with_end(value, [each[key] for each in tried[name]])}" for key, value in setting.items()
        )
        for name, setting in winners.items()
    )
    return f"{chosen[0].upper()}{chosen[1:]}." if chosen else "Every run of the searches diverged."


def on_folds(accuracy: Mapping[str, Array], bound: float) -> str:
    """What cross-validation says of the winners, and whether it can tell them from the plain network.

    Args:
        accuracy: on validation, shape (folds,), by the candidate's name, the plain network among them; nan: diverged.
        bound: the accuracy of guessing, from `fold_bound`.
    """
    folds = len(accuracy[PLAIN])
    scores = ", ".join(f"{name} {_over_folds(values)}" for name, values in accuracy.items())
    said = f"In {folds}-fold cross-validation: {scores}."
    some = [values for values in accuracy.values() if lost(values) < folds]
    if some and not any(learned(values, bound) for values in some):
        return f"{said} Nobody did better than guessing: nothing to compare."
    found = compared_with(PLAIN, accuracy, accuracy, bound)
    if not any(np.isfinite(one.margin) for one in found.values()):
        return said
    verdicts = {name: one for name, one in found.items() if np.isfinite(one.margin) or one.word == "did not learn"}
    narrow = "by intervals too narrow, as folds share training examples"
    return f"{said} Against plain, fold by fold, {narrow}: {list_verdicts(verdicts)}."


def fold_bound(runs: Seeds) -> float:
    """The accuracy that guessing stays at or below on each fold.

    Args:
        runs: finished runs of cross-validation; 1 where none of them gave a network.
    """
    judged = {(run.result["chance"], run.result["validation_examples"]) for run in runs if has_network(run)}
    return max((guessing_bound(share, examples) for share, examples in judged), default=1.0)


def _over_folds(accuracy: Array) -> str:
    gone = lost(accuracy)
    if gone == len(accuracy):
        return "diverged"
    some = f" ({gone} of {len(accuracy)} folds diverged)" if gone else ""
    return f"{100 * float(np.nanmean(accuracy)):.1f} %{some}"
