"""What lab 3's numbers say, act by act, in sentences computed from its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labkit.comparison import (
    best_on_validation,
    compared_with,
    describe_margin,
    in_order,
    learned,
    list_verdicts,
    lost,
)
from nnlabs.labs.regularization.figures.mistakes import most_confused
from nnlabs.labs.regularization.runs import with_other_data
from nnlabs.labs.regularization.settings import PLAIN, TOGETHER, in_yaml
from nnlabs.plotting.intervals import percent
from nnlabs.stats.intervals import Interval
from nnlabs.stats.many_to_one import compare_with
from nnlabs.sweeps.results import Seeds, final, gap, parameters, tested

Groups = Mapping[str, Seeds]
_ROUNDING = 1e-9  # so little apart, two means are equal


def on_together(parts: Sequence[str], changes: Mapping[str, Any], without_effect: Sequence[str] = ()) -> str:
    """What `together` stands for, and which techniques are none here, in sentences.

    Args:
        parts: names of the techniques that it is made of, and settings that are no technique's.
        changes: its settings, by their dotted names.
        without_effect: techniques that change nothing of the plain network.
    """
    settings = [f"{name} {in_yaml(value)}" for name, value in changes.items()]
    listed = ", ".join(settings) or "nothing changed"
    told = f"{' and '.join(parts)} ({listed})" if set(parts) - set(settings) else f"the plain network with {listed}"
    idle = "".join(f" “{name}” changes nothing: the plain network has all that it sets." for name in without_effect)
    return f"“{TOGETHER}” is {told}.{idle}"


def _quoted(name: str) -> str:
    """A technique's name in a sentence, in which “together” would read as another word."""
    return f"“{name}”" if name == TOGETHER else name


def _best(techniques: Groups) -> tuple[str, str]:
    """The best technique on validation, and that in words: of several that are equally good it is the first."""
    best = best_on_validation(techniques)
    scores = {name: np.nan_to_num(final(runs, "validation_accuracy")).mean() for name, runs in techniques.items()}
    equal = sum(score == scores[best] for score in scores.values())
    which = "the best technique" if equal == 1 else f"the first of {equal} equally good techniques"
    return best, f"{_quoted(best)}, {which} on validation,"


def on_gap(techniques: Groups, label_noise: float, bound: float) -> str:
    """How far the plain network's gap was closed, in a sentence.

    Args:
        techniques: finished runs by technique, the plain network among them.
        label_noise: share of the training labels that are wrong: a network without mistakes has a gap of minus that.
        bound: the validation accuracy of guessing, from `chance_bound`.
    """
    if not _learned(techniques[PLAIN], bound):
        return f"The plain network did no better than guessing ({100 * bound:.1f} % at most), so its gap says nothing."
    gaps = {name: gap(runs) for name, runs in techniques.items() if _learned(runs, bound)}
    plain = (
        "The plain network's gap, accuracy on what it learned from minus that on what is new, is "
        f"{100 * np.nanmean(gaps[PLAIN]):.1f} points"
    )
    others = {name: techniques[name] for name in gaps if name != PLAIN}
    if not others:
        return f"{plain}; no technique ended above guessing."
    best, in_words = _best(others)
    equal = len(gaps) == len(techniques) and np.ptp([np.nanmean(each) for each in gaps.values()]) < _ROUNDING
    rest = "all gaps are equal" if equal else _on_narrowest(gaps, label_noise)
    return f"{plain}; with {in_words} it is {100 * np.nanmean(gaps[best]):.1f} points; {rest}.{_diverged(techniques)}"


def _learned(runs: Seeds, bound: float) -> bool:
    return learned(final(runs, "validation_accuracy"), bound)


def _on_narrowest(gaps: Mapping[str, Array], label_noise: float) -> str:
    """With which technique the gap is narrowest, or nearest to that of a network without mistakes."""
    whole = [name for name in gaps if not lost(gaps[name])] or list(gaps)
    away = {name: abs(float(np.nanmean(gaps[name])) + label_noise) for name in whole}
    least = [name for name in away if away[name] < min(away.values()) + _ROUNDING]
    narrowest = (
        f"nearest to {-100 * label_noise:.3g}, that of a network without mistakes," if label_noise else "narrowest"
    )
    return f"it is {narrowest} {_narrowest(gaps, least)}"


def _narrowest(gaps: Mapping[str, Array], least: Sequence[str]) -> str:
    """Whose gap is narrowest, of several equal ones the first, and whether the seeds tell it from the plain network's."""
    if PLAIN in least:
        others = " and ".join(_quoted(name) for name in least if name != PLAIN)
        return f"without any technique{f' and, equally, with {others}' if others else ''}"
    first = least[0]
    difference = compare_with(PLAIN, gaps)[first]
    apart = difference.low > 0 or difference.high < 0
    equal = f", the first of {len(least)} equals" if len(least) > 1 else ""
    return (
        f"with {_quoted(first)}{equal}, {100 * np.nanmean(gaps[first]):.1f} points "
        f"({'told apart from plain' if apart else 'which these seeds cannot tell from plain'})"
    )


def _diverged(techniques: Groups) -> str:
    """Who lost seeds, and that a lost seed counts, in a sentence to be added; empty where all ended."""
    missing = {name: lost(final(runs, "validation_accuracy")) for name, runs in techniques.items()}
    names = ", ".join(f"{name} ({count} of {len(techniques[name])})" for name, count in missing.items() if count)
    return f" Diverged seeds count as 0 % in this choice, and not in means: {names}." if names else ""


def on_validation(techniques: Groups, bound: float) -> str:
    """Which techniques made the network better on images it had not seen, in a sentence.

    Every technique is compared with the plain network, the reference named before anything runs, and the intervals hold
    for all comparisons together: of nine equal networks, one is called better or worse in less than 3 % of labs, where
    one interval for each would do so in 27 %. See `stats.many_to_one` for why seeds are blocks and scatter is shared.

    Args:
        techniques: finished runs by technique, the plain network among them.
        bound: as in `on_gap`.
    """
    accuracies = {name: final(runs, "validation_accuracy") for name, runs in techniques.items()}
    plain = accuracies[PLAIN]
    if len(plain) < 2:
        return "One seed tells nothing of what chance does, so that no technique can be called better."
    if not learned(plain, bound):
        return "The plain network did no better than guessing, so that no technique can be compared with it."
    if lost(plain):
        return (
            f"The plain network diverged with {lost(plain)} of {len(plain)} seeds, so that nothing is compared with it."
        )
    verdicts = compared_with(PLAIN, accuracies, accuracies, bound)
    return (
        f"Against plain, on validation, over {len(plain)} seeds: {list_verdicts(verdicts)}. {describe_margin(verdicts)}"
    )


def on_wrong_labels(techniques: Groups, label_noise: float, bound: float) -> str:
    """What the techniques are worth where some training labels are wrong, in a sentence.

    Args:
        techniques: runs whose test split has been read, by name.
        label_noise: share of the training labels that are wrong.
        bound: as in `on_gap`.
    """
    wrong = f"With {100 * label_noise:.0f} % of the training labels wrong"
    others = {name: runs for name, runs in techniques.items() if name != PLAIN and _learned(runs, bound)}
    if not others or not _learned(techniques[PLAIN], bound):
        return f"{wrong}, too little was learned to compare anything."
    best, in_words = _best(others)
    test = {name: 100 * float(np.nanmean(tested(techniques[name], "accuracy"))) for name in (PLAIN, best)}
    return (
        f"{wrong}, {in_words} gets {test[best]:.1f} % of the test split right, "
        f"the plain network {test[PLAIN]:.1f} %. A network without mistakes agrees with {100 - 100 * label_noise:.0f} % of the "
        "training labels: to agree with more is to have learned wrong ones."
    )


def on_structure(topologies: Groups, bound: float) -> str:
    """What structure was worth, and what of it is left where the data have none, in sentences.

    Args:
        topologies: finished runs by structure, their test split read.
        bound: as in `on_gap`.
    """
    test = {name: tested(runs, "accuracy") for name, runs in topologies.items() if _learned(runs, bound)}
    idle = ", ".join(name for name in topologies if name not in test)
    rest = f" Not above guessing: {idle}." if idle else ""
    apart = with_other_data(topologies)
    structures = {name: accuracy for name, accuracy in test.items() if name not in apart}
    if not structures:
        return f"No structure did better than guessing on validation ({100 * bound:.1f} % at most)."
    others = _on_other_data({name: accuracy for name, accuracy in test.items() if name in apart})
    order = in_order(structures)
    best, worst = order[0], order[-1]
    top, bottom = (100 * float(np.nanmean(test[name])) for name in (best, worst))
    gone = "".join(
        f" Of “{name}”, {lost(structures[name])} of {len(structures[name])} seeds diverged, which counts as 0 % in the order."
        for name in dict.fromkeys((best, worst))
        if lost(structures[name])
    )
    if best == worst or (top == bottom and not any(map(lost, structures.values()))):
        return f"On test {', '.join(order)}: {top:.1f} %.{gone}{others}{rest}"
    weights = {name: parameters(topologies[name]) for name in (best, worst)}
    return (
        f"Best on test of the structures is “{best}” with {top:.1f} % "
        f"({weights[best]:,} weights), last “{worst}” with {bottom:.1f} % ({weights[worst]:,}).{gone}{others}{rest}"
    )


def _on_other_data(test: Mapping[str, Array]) -> str:
    """What learns from other examples, shuffled or more of them, in sentences to be added."""
    return "".join(
        f" “{name}”, which learns from other data, gets {100 * float(np.nanmean(accuracy)):.1f} %."
        for name, accuracy in test.items()
    )


def on_strengths(best: Mapping[str, float]) -> str:
    """Which strength of each technique did best.

    Args:
        best: the strength with the lowest validation loss, by technique; nan where a seed diverged at every one.
    """
    found = ", ".join(
        f"{name} {value:g}" if np.isfinite(value) else f"{name} none (each lost a seed)" for name, value in best.items()
    )
    return f"Lowest validation loss, among the strengths tried: {found or 'none was tried'}."


def on_sizes(sizes: Sequence[int], gaps: Mapping[str, Interval], steps: str) -> str:
    """How the gap of the plain and of the regularized network changes with the number of images.

    Args:
        sizes: numbers of training images, rising.
        gaps: the gap at each size, by the network's name; nan where every run diverged.
        steps: how many steps each was trained for, in words.
    """
    first, last = ({name: _points(np.ravel(band.mean)[i]) for name, band in gaps.items()} for i in (0, -1))
    if len(sizes) < 2:
        return f"With {sizes[0]:,} examples the plain network's gap is {first[PLAIN]}, that of “{TOGETHER}” {first[TOGETHER]}."
    return (
        f"From {sizes[0]:,} to {sizes[-1]:,} training examples, {steps}, the plain network's gap goes from "
        f"{first[PLAIN]} to {last[PLAIN]}, that of “{TOGETHER}” from {first[TOGETHER]} to {last[TOGETHER]}."
    )


def _points(gap: float) -> str:
    return f"{100 * gap:.1f} points" if np.isfinite(gap) else "unknown (diverged)"


def on_test(chosen: str, accuracy: float, confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """How the network that validation chose does on the test split, and what it confuses most often.

    Args:
        chosen: its name.
        accuracy: share of the test images that it gets right.
        confusion: number of images of class i taken for class j, at [i][j].
        classes: names of the classes.
    """
    most = "it confuses nothing"
    if pair := most_confused(np.array(confusion)):
        times, share = confusion[pair.true][pair.said], percent(pair.share)
        most = (
            f"most often it takes “{classes[pair.true]}” for “{classes[pair.said]}”: {share} % of that class "
            f"({times} example{'s' * (times != 1)}{f'; {pair.others} more with the same share' if pair.others else ''})"
        )
    return f"Chosen on validation, {chosen} (one of its seeds) gets {100 * accuracy:.1f} % of the test split right; {most}."
