"""What the runs of lab 2 say: sentences computed from them, and two tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labkit.results import ResultTable
from nnlabs.labs.activations.hidden_units import FLAT
from nnlabs.labs.activations.lessons import FIRST, ROUNDING
from nnlabs.labs.activations.training import PROBLEMS
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.stats.intervals import Interval
from nnlabs.tables import Column
from nnlabs.units import power_of_ten, round_up

Shares = Mapping[str, float]
Size = tuple[int, int]


def facts_table(facts: Sequence[Mapping[str, object]]) -> ResultTable:
    """What the registry knows about each activation.

    Args:
        facts: from `activation_facts`.
    """
    shown = [Column(key, key) for key in ("activation", "range", "good", "bad", "paper")]
    return ResultTable("The activations, as the registry knows them", facts, shown)


def accuracy_table(scores: Mapping[str, Mapping[str, Interval]], seeds: int, judges: Mapping[str, int]) -> ResultTable:
    """Validation accuracy by activation and problem, the best activation on top.

    Args:
        scores: by the activations' titles, then by problem.
        seeds: number of repetitions.
        judges: by problem, how many examples validate.
    """
    ranking = sorted(scores, key=lambda title: -np.mean([band.mean for band in scores[title].values()]))
    # Whole intervals: of one cut off at 100 %, half its length would be too small a number beside ±.
    rows = [{"activation": title, **scores[title]} for title in ranking]
    columns = [Column("activation", "activation"), *(Column(name, name, ".1f", 100) for name in PROBLEMS)]
    by_count: dict[int, list[str]] = {}
    for name, count in judges.items():
        by_count.setdefault(count, []).append(name)
    judged = "; ".join(f"{', '.join(names)} by {count:,} examples" for count, names in by_count.items())
    spread = f"mean ± half the 95 % interval over {seeds} seeds" if seeds > 1 else "one seed"
    caption = f"Validation accuracy (%), {spread}; judged: {judged}"
    return ResultTable(caption, rows, columns)


def on_training(xor: Mapping[str, Interval], overall: Mapping[str, Interval]) -> list[str]:
    """Which activations got most right and which least, and what became of XOR.

    Args:
        xor: validation accuracy on XOR by the activations' titles.
        overall: the same, a mean over all problems.
    """
    best = max(overall, key=lambda title: float(overall[title].mean))
    learned = f"XOR, on which one unit failed: {100 * xor[best].mean:.1f} % with {best}"
    linear = ACTIVATIONS["identity"].title
    if linear in xor and linear != best:
        learned += f", {100 * xor[linear].mean:.1f} % without a non-linearity"
    return [f"Over the {len(PROBLEMS)} problems {_ranking(best, overall)}.", f"{learned}."]


def _ranking(best: str, overall: Mapping[str, Interval]) -> str:
    """Who got most right, with how many others that noise may have put below it, and who least."""
    mean = {title: 100 * float(interval.mean) for title, interval in overall.items()}
    others = [title for title in overall if title != best]
    equal = _not_apart(best, overall)
    worst = min(mean, key=mean.__getitem__)
    if not others:
        return f"{best} got {mean[best]:.1f} % right"
    if mean[worst] == mean[best]:
        return f"all got {mean[best]:.1f} % right"
    if not equal:
        alone = " with the one seed there was" if overall[best].n == 1 else ""
        return f"{best} got most right ({mean[best]:.1f} %){alone}, {worst} least ({mean[worst]:.1f} %)"
    alike = (
        f"{best} got most right ({mean[best]:.1f} %), but its 95 % interval overlaps with those of {len(equal)} more"
    )
    return alike if worst in equal else f"{alike}; {worst} got least right ({mean[worst]:.1f} %)"


def _not_apart(best: str, found: Mapping[str, Interval]) -> list[str]:
    """Whose intervals overlap with that of the best. Of one seed the ends are nan, and none does."""
    low, high = found[best].low, found[best].high
    return [name for name, its in found.items() if name != best and its.low <= high and its.high >= low]


def on_depth(depth: int, change: Shares) -> list[str]:
    """Where the gradient vanishes, where it explodes and where it stays.

    Args:
        depth: number of layers.
        change: log10 of the gradient at the first layer over that at the last, by "activation and initialization".
    """
    least, most = min(change, key=change.__getitem__), max(change, key=change.__getitem__)
    calm = min(change, key=lambda name: abs(change[name]))
    parts = ", ".join(f"{_power(change[name])} with {name}" for name in dict.fromkeys((least, most, calm)))
    return [f"From the last of {depth} layers back to the first, the gradient changes by a factor of {parts}."]


def _power(exponent: float) -> str:
    """10 to that power: as a number where it is short, else as a power of ten; 0 where nothing is left at all."""
    if np.isneginf(exponent):
        return "0"
    if -3 < exponent < 4:
        return f"{10**exponent:,.2g}" if exponent < 1 else f"{10**exponent:,.0f}"
    return power_of_ten(round(exponent))


def _steps(number: int) -> str:
    return "1 step" if number == 1 else f"{number:,} steps"


def on_saturation(steps: int, before: Shares, after: Shares) -> list[str]:
    """With which activation most inputs end where its slope is next to 0, and, of several, with which fewest.

    Args:
        steps: how many were trained.
        before: share of the inputs that are saturated before training, by the activations' titles.
        after: the same after training; nan where all networks have diverged.
    """
    after = {title: share for title, share in after.items() if np.isfinite(share)}
    if not after:
        return []
    most, least = max(after, key=after.__getitem__), min(after, key=after.__getitem__)
    fewest = f"; with {least} {100 * after[least]:.0f} % ({100 * before[least]:.0f} %)" if least != most else ""
    return [
        f"After {_steps(steps)}, {100 * after[most]:.0f} % of what goes into {most} units lies where its slope is below "
        f"{FLAT:g} and next to no gradient comes through ({100 * before[most]:.0f} % before them){fewest}."
    ]


def on_divergence(lost: Mapping[str, int], of: int, at: str = "") -> list[str]:
    """How many networks diverged, and with what; nothing where none did.

    Args:
        lost: how many ended with numbers that are not finite, by what they were trained with.
        of: how many were trained with each.
        at: what the sentence begins with.
    """
    count, total = sum(lost.values()), of * len(lost)
    if not count:
        return []
    which = ", ".join(f"{number} of {of} with {name}" for name, number in lost.items() if number)
    return [
        f"{at}{count} of {total} networks diverged: their numbers are no longer finite"
        f"{f' ({which})' if count < total else ''}."
    ]


def on_death(lr: float, steps: Sequence[int], dead: Mapping[str, Array], right: Shares) -> list[str]:
    """How many units die at one learning rate, in which layers, when, and what that costs.

    Args:
        lr: the learning rate.
        steps: after how many steps dead units were counted.
        dead: share of dead units of each hidden layer at each of them, for ReLU and for one whose slope is nowhere 0, shape (seeds,
            steps, layers); nan where a network has diverged.
        right: their validation accuracy.
    """
    relu, leaky = dead
    left = {title: shares[np.isfinite(shares[:, -1]).all(axis=-1)] for title, shares in dead.items()}
    at = f"At a learning rate of {lr:g}, "
    found = on_divergence({title: len(dead[title]) - len(left[title]) for title in dead}, len(dead[relu]), at)
    if not len(left[relu]):
        return [*found, f"No network with {relu} is left whose dead units could be counted."]
    course = left[relu].mean(axis=(0, 2))
    if not course[-1]:
        return [*found, f"{at}every {relu} unit still answers to some image after {_steps(steps[-1])}."]
    half = int(np.argmax(course >= course[-1] / 2))
    first = ", the first at which they were counted" if half == 1 else ""
    found.append(
        f"{at}of the {relu} units {_by_layer(left[relu][:, -1].mean(axis=0))} are negative for every image after "
        f"{_steps(steps[-1])}, so that no image moves their weights; at least half as many were by step {steps[half]}{first}."
    )
    found += _on_dead_layers(left[relu][:, -1])
    if len(left[leaky]):
        found.append(
            f"With {leaky}, whose slope is never 0, {_by_layer(left[leaky][:, -1].mean(axis=0))} are, and it gets "
            f"{100 * right[leaky]:.0f} % of the unseen images right against {100 * right[relu]:.0f} %."
        )
    return found


def _by_layer(shares: Array) -> str:
    """A share for each hidden layer, shape (layers,), as a list for a sentence."""
    *parts, last = (f"{100 * share:.0f} % in hidden layer {number}" for number, share in enumerate(shares, start=1))
    return f"{', '.join(parts)} and {last}" if parts else last


def _on_dead_layers(shares: Array) -> list[str]:
    """What it means where all units of a layer are dead; shares of each network's layers, shape (seeds, layers)."""
    whole = int((shares == 1).any(axis=-1).sum())
    if not whole:
        return []
    return [
        f"In {whole} of {len(shares)} networks that is a whole layer. Nothing of an image comes through it, and no gradient "
        "on the way back to the weights before it: all images get the same answer."
    ]


def on_start(title: str, steps: int, loss: Mapping[str, Interval], distinct: int, width: int) -> list[str]:
    """What comes out from the best first weights, and what from zeros.

    Args:
        title: the activation's.
        steps: how many were trained.
        loss: cross-entropy after them in nats, by initialization.
        distinct: how many units of the first layer are different after a start from zeros.
        width: how many units it has.
    """
    best = min(loss, key=lambda init: float(loss[init].mean))
    equal = _not_apart(best, loss)
    alike = f" (the 95 % intervals of {', '.join(equal)} overlap with its own)" if equal else ""
    from_zeros = "" if best == "zeros" else f" and {loss['zeros'].mean:.2f} from zeros"
    alone = ", with the one seed there was" if loss[best].n == 1 else ""
    return [
        f"With {title}, the loss after {_steps(steps)} is {loss[best].mean:.2f} from {best}{alike}{from_zeros}{alone}. "
        f"Different units in the first layer then: {distinct} of {width}, as units that are equal get equal gradients."
    ]


def on_size(
    scores: Mapping[Size, float], weights: Mapping[Size, int], lost: Mapping[Size, int], seeds: int
) -> list[str]:
    """The smallest network that is about as good as the best, and the one that fits worst.

    Args:
        scores: validation accuracy by (hidden layers, units of each).
        weights: number of weights and biases by the same.
        lost: how many networks diverged, by the same.
        seeds: how many there were of each size.
    """
    diverged = on_divergence({_layers(size): count for size, count in lost.items()}, seeds)
    if min(lost.values()) == seeds:
        return diverged
    good = [size for size in scores if scores[size] >= max(scores.values()) - 0.01]
    smallest, worst = min(good, key=lambda size: weights[size]), min(scores, key=lambda size: scores[size])
    last = "" if worst == smallest else f" The worst has {_layers(worst)}: {100 * scores[worst]:.1f} %."
    return [
        *diverged,
        f"The smallest network within a point of the best has {_layers(smallest)}: {weights[smallest]:,} weights and biases, "
        f"{100 * scores[smallest]:.1f} % of the unseen points right.{last}",
    ]


def on_replica(steps: int, furthest: Mapping[str, float], at_first: float) -> list[str]:
    """How far the losses of the scratch engine and of PyTorch lie apart.

    Args:
        steps: how many both trained.
        furthest: how far the losses lie apart at most, by the activations' titles; nan where one of them is not finite.
        at_first: how far over the first steps, before a training that is not stable can make rounding grow.
    """
    largest = float(np.max(list(furthest.values())))
    if not np.isfinite(largest):
        return [
            f"Over {_steps(steps)} of Adam not all losses stay finite, which leaves nothing to compare with PyTorch's."
        ]
    return [
        f"Over {_steps(steps)} of Adam from the same weights, the losses of this engine and of PyTorch differ by at most "
        f"{round_up(largest)} ({', '.join(furthest)}; float64), "
        f"{_as_what(largest, at_first)}."
    ]


def _as_what(largest: float, at_first: float) -> str:
    if largest < ROUNDING:
        return "as rounding does"
    if at_first < ROUNDING:
        return (
            f"as rounding does ({round_up(at_first)} over the first {FIRST} steps) that an unstable training makes grow"
        )
    return "more than rounding does"


def _layers(size: Size) -> str:
    depth, width = size
    return f"{depth} hidden layer{'s' if depth > 1 else ''} of {width} units"
