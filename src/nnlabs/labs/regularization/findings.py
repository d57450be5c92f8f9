"""What lab 3's numbers say, act by act, in sentences computed from its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.labkit.comparison import best_on_validation, compared_with
from nnlabs.labs.regularization.settings import PLAIN, SEARCHED, TOGETHER
from nnlabs.stats.intervals import Interval, mean_interval
from nnlabs.sweeps.results import Seeds, gap, has_network, parameters, tested

Groups = Mapping[str, Seeds]


def on_gap(techniques: Groups) -> str:
    """How far the plain network's gap was closed, in a sentence."""
    gaps = {name: mean_interval(gap(runs)) for name, runs in techniques.items()}
    best = best_on_validation({name: runs for name, runs in techniques.items() if name != PLAIN})
    # with wrong labels in the training split alone, gaps are negative
    least = min((name for name in gaps if np.isfinite(gaps[name].mean)), key=lambda name: abs(float(gaps[name].mean)))
    separate = gaps[PLAIN].low > gaps[least].high or gaps[PLAIN].high < gaps[least].low
    apart = "the 95 % intervals are apart" if separate else "these seeds cannot tell them apart"
    return (
        f"The plain network's gap, accuracy on its training images minus that on new ones, is {100 * gaps[PLAIN].mean:.1f} points; "
        f"with {best}, the best on validation, it is {100 * gaps[best].mean:.1f} points; it is narrowest with {least}, "
        f"{100 * gaps[least].mean:.1f} points ({apart})."
    )


def on_validation(techniques: Groups) -> str:
    """Which techniques made the network better on images it had not seen, in a sentence."""
    seeds = len(techniques[PLAIN])
    if seeds < 2:
        return "One seed tells nothing of what chance does, so that no technique can be called better."
    parts = [f"{verdict}: {', '.join(names)}" for verdict, names in compared_with(PLAIN, techniques).items() if names]
    return f"Against plain, on validation, by paired 95 % intervals over {seeds} seeds: {'; '.join(parts)}."


def on_wrong_labels(techniques: Groups, label_noise: float) -> str:
    """What the techniques are worth where some training labels are wrong, in a sentence.

    Args:
        techniques: runs whose test split has been read, by name.
        label_noise: share of the training labels that are wrong.
    """
    best = best_on_validation({name: runs for name, runs in techniques.items() if name != PLAIN})
    test = {name: mean_interval(tested(techniques[name], "accuracy")) for name in (PLAIN, best)}
    return (
        f"With {100 * label_noise:.0f} % of the training labels wrong, {best}, the best on validation, gets "
        f"{100 * test[best].mean:.1f} % of the test split right, the plain network {100 * test[PLAIN].mean:.1f} %."
    )


def on_structure(topologies: Groups) -> str:
    """What structure was worth, in a sentence."""
    trained = {name: runs for name, runs in topologies.items() if any(map(has_network, runs))}
    test = {name: float(np.nanmean(tested(runs, "accuracy"))) for name, runs in trained.items()}
    best, worst = max(test, key=test.__getitem__), min(test, key=test.__getitem__)
    weights = {name: parameters(topologies[name]) for name in (best, worst)}
    if len(test) == 1 or test[best] == test[worst]:
        return f"On test {', '.join(test)}: {100 * test[best]:.1f} %."
    return (
        f"Best on test of the structures is “{best}” with {100 * test[best]:.1f} % "
        f"({weights[best]:,} weights), last “{worst}” with {100 * test[worst]:.1f} % ({weights[worst]:,})."
    )


def on_strengths(best: Mapping[str, float]) -> str:
    """Which strength of each technique did best.

    Args:
        best: the strength with the lowest validation loss, by technique.
    """
    found = ", ".join(f"{name} {value:g}" for name, value in best.items())
    return f"Lowest validation loss, among the strengths tried: {found or 'none was tried'}."


def on_sizes(sizes: Sequence[int], gaps: Mapping[str, Interval]) -> str:
    """How the gap of the plain and of the regularized network changes with the number of images.

    Args:
        sizes: numbers of training images, rising.
        gaps: the gap at each size, by the network's name.
    """
    points = {name: 100 * np.ravel(band.mean) for name, band in gaps.items()}
    plain, together = points[PLAIN], points[TOGETHER]
    if len(sizes) < 2:
        return (
            f"With {sizes[0]:,} images the plain network's gap is {plain[0]:.1f} points, the other's {together[0]:.1f}."
        )
    return (
        f"From {sizes[0]:,} to {sizes[-1]:,} training images, for about equally many steps, the plain network's gap goes from "
        f"{plain[0]:.1f} to {plain[-1]:.1f} points, the regularized one's from {together[0]:.1f} to {together[-1]:.1f}."
    )


def on_selection(winners: Mapping[str, Mapping[str, Any]], folds: Mapping[str, Interval]) -> str:
    """What each search found, and what cross-validation says of it.

    Args:
        winners: the best setting of each search, by its name.
        folds: validation accuracy over the folds, by the candidate's name, the plain network among them.
    """
    chosen = "; ".join(
        f"{name} chose " + " and ".join(f"{SEARCHED[key]} {value:.3g}" for key, value in setting.items())
        for name, setting in winners.items()
    )
    scores = ", ".join(f"{name} {100 * float(band.mean):.1f} %" for name, band in folds.items())
    return f"{chosen[0].upper()}{chosen[1:]}. In {int(next(iter(folds.values())).n)}-fold cross-validation: {scores}."


def on_test(chosen: str, accuracy: float, confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """How the network that validation chose does on the test split, and what it confuses most often.

    Args:
        chosen: its name.
        accuracy: share of the test images that it gets right.
        confusion: number of images of class i taken for class j, at [i][j].
        classes: names of the classes.
    """
    wrong = np.array(confusion)
    np.fill_diagonal(wrong, 0)
    true, said = divmod(int(wrong.argmax()), len(classes))
    return (
        f"Chosen on validation, {chosen} (with the first seed) gets {100 * accuracy:.1f} % of the test images right; "
        f"most often it takes {classes[true]} for {classes[said]} ({wrong[true, said]} images)."
    )
