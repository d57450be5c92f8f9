"""What lab 4's numbers say, in sentences computed from them, and the numbers by name for `result.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.labs.optimizers.figures.descent import Descent
from nnlabs.labs.optimizers.figures.learning_rates import RangeTest
from nnlabs.labs.optimizers.figures.tuning import Trials as Basin
from nnlabs.labs.optimizers.protocol import Trials
from nnlabs.runs.run import Run
from nnlabs.stats.expected_best import leaders
from nnlabs.stats.intervals import mean_interval
from nnlabs.sweeps.results import all_runs, final, has_network

Array = NDArray[np.float64]
Findings = tuple[list[str], dict[str, Any]]
"""What an act's numbers say, and the numbers."""

# How far from the best, as a share of the images, still counts as good.
NEAR = 0.01


def on_paths(surfaces: Mapping[str, Descent]) -> Findings:
    """Who came down first on each surface.

    Args:
        surfaces: with all paths, by title.
    """
    arrivals = {title: _arrivals(surface) for title, surface in surfaces.items()}
    firsts = {title: min(steps, key=steps.__getitem__) for title, steps in arrivals.items() if steps}
    parts = "; ".join(f"{title}: {name} ({arrivals[title][name]} steps)" for title, name in firsts.items())
    missed = ", ".join(title for title in surfaces if title not in firsts)
    says = [f"First to come 99 % of the way down: {parts or 'nobody'}."]
    return [*says, *([f"Nobody does on {missed}."] if parts and missed else [])], {"steps_until_down": arrivals}


def _arrivals(surface: Descent) -> dict[str, int]:
    """After how many steps each optimizer was down, of those that were."""
    steps = {name: surface.arrival(name) for name in surface.tracks}
    return {name: step for name, step in steps.items() if step is not None}


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
    parts = ", ".join(f"{name} {lr:.1g}" for name, lr in found.items())
    spread = max(found.values()) / min(found.values())
    apart = f"; the highest is {spread:,.0f} times the lowest" if len(found) > 1 else ""
    without = [name for name in tests if name not in found]
    none = f" None for {', '.join(without)}, where the loss does not fall clearly." if without else ""
    return f"Learning rates suggested by the range test: {parts}{apart}.{none}"


def on_tuning(trials: Mapping[str, Trials], expected: Mapping[str, Array]) -> list[str]:
    """How hard each competitor was to tune, and who leads after how many trials.

    Args:
        trials: finished trials by competitor.
        expected: expected best of n trials, by competitor.
    """
    middle = {name: float(np.median(np.nan_to_num(its.scores))) for name, its in trials.items()}
    best = {name: float(np.fmax.reduce(its.scores)) for name, its in trials.items()}
    kind, picky = max(middle, key=middle.__getitem__), min(middle, key=middle.__getitem__)
    failed = sum(int(np.isnan(its.scores).sum()) for its in trials.values())
    total = sum(len(its.scores) for its in trials.values())
    gained = float(np.mean([best[name] - middle[name] for name in trials]))
    apart = max(best.values()) - min(best.values())
    reign = leaders(expected)
    change = f"{reign[0]} leads with one trial and {reign[-1]} with {len(reign)}"
    return [
        f"Of {total} trials {failed} diverged. The middle trial of {kind} gets {100 * middle[kind]:.1f} %, of {picky} "
        f"{100 * middle[picky]:.1f} %; their best get {100 * best[kind]:.1f} % and {100 * best[picky]:.1f} %. "
        f"Between a competitor's middle and its best trial lie {100 * gained:.1f} points in the mean, "
        f"between the best of the first and of the last competitor {100 * apart:.1f}.",
        f"By the best to be expected, {change}." if reign[0] != reign[-1] else f"{reign[0]} leads with every budget.",
    ]


def tuning_metrics(trials: Mapping[str, Trials]) -> dict[str, Any]:
    """Each competitor's trials in numbers.

    Args:
        trials: finished trials by competitor.
    """
    return {
        name: {
            "best_validation_accuracy": float(np.fmax.reduce(its.scores)),
            "median_validation_accuracy": float(np.median(np.nan_to_num(its.scores))),
            "diverged": int(np.isnan(its.scores).sum()),
            "trials": len(its.scores),
            "best_setting": dict(its.settings[its.best]),
        }
        for name, its in trials.items()
    }


def on_finals(finals: Mapping[str, Sequence[Run]]) -> Findings:
    """How the best settings did from fresh seeds, on validation, and how long they took.

    Args:
        finals: finished runs by competitor, one a seed.
    """
    accuracy = {name: mean_interval(final(runs, "validation_accuracy")) for name, runs in finals.items()}
    seconds = {name: float(mean_interval(final(runs, "seconds")).mean) for name, runs in finals.items()}
    timed = {name: taken for name, taken in seconds.items() if np.isfinite(taken)}
    order = sorted(accuracy, key=lambda name: -np.nan_to_num(accuracy[name].mean))
    first, last = order[0], order[-1]
    lost = sum(not has_network(run) for run in all_runs(finals))
    others = f", {last} at {100 * accuracy[last].mean:.1f} %" if len(order) > 1 else ""
    says = [
        f"On validation {first} ends at {100 * accuracy[first].mean:.1f} %{others}; a run took "
        f"{min(timed.values(), default=0):.0f} to {max(timed.values(), default=0):.0f} s in the mean over seeds, "
        f"and {lost} of {len(all_runs(finals))} did not end with a network."
    ]
    numbers = {name: {"validation_accuracy": accuracy[name], "seconds": seconds[name]} for name in finals}
    return says, numbers


def on_grid(scores: Array, rows: Sequence[str], columns: Sequence[str]) -> Findings:
    """What the schedule is worth to each optimizer.

    Args:
        scores: validation accuracies, shape (rows, columns).
        rows: optimizers.
        columns: schedules.
    """
    filled = np.nan_to_num(scores)
    best = {name: columns[int(row.argmax())] for name, row in zip(rows, filled, strict=True)}
    worth = {name: float(np.ptp(row)) for name, row in zip(rows, filled, strict=True)}
    parts = "; ".join(
        f"{name} does best with {best[name]}, {100 * worth[name]:.1f} points above its worst"
        if worth[name]
        else f"{name} does equally well with all"
        for name in rows
    )
    numbers = {
        name: {title: float(value) for title, value in zip(columns, row, strict=True)}
        for name, row in zip(rows, scores, strict=True)
    }
    return [f"By schedule, one seed each: {parts}."], {"validation_accuracy": numbers}


def on_decoupling(maps: Mapping[str, Array], lrs: Sequence[float], decays: Sequence[float]) -> Findings:
    """Whether the best weight decay moves with the learning rate, for either way to decay.

    Args:
        maps: validation accuracies by kind, each of shape (weight decays, learning rates).
        lrs: the columns.
        decays: the rows.
    """
    says, numbers = [], {}
    for name, scores in maps.items():
        filled = np.nan_to_num(scores)
        i, j = map(int, np.unravel_index(int(filled.argmax()), filled.shape))
        near = int((filled >= filled.max() - NEAR).sum())
        says.append(
            f"{name} is best with a learning rate of {lrs[j]:g} and lambda {decays[i]:g} ({100 * filled.max():.1f} %); "
            f"{near} of {filled.size} settings come within a point."
        )
        numbers[name] = {
            "validation_accuracy": float(filled.max()),
            "lr": lrs[j],
            "weight_decay": decays[i],
            "near": near,
        }
    return says, numbers


def on_batches(scores: Mapping[int, Array], lrs: Sequence[float]) -> Findings:
    """How the best learning rate grows with the batch.

    Args:
        scores: by batch size: validation accuracies, shape (learning rates,).
        lrs: the learning rates.
    """
    best = {size: lrs[int(np.nan_to_num(row).argmax())] for size, row in scores.items()}
    small, large = min(best), max(best)
    edge = ", the highest tried" if best[large] == lrs[-1] else ""
    says = [
        f"From batches of {small} to batches of {large} the best learning rate goes from {best[small]:g} to {best[large]:g}{edge}; "
        f"the linear rule says {best[small] * large / small:.2g}, the square-root rule {best[small] * (large / small) ** 0.5:.2g}."
    ]
    top = {f"batch_{size}": float(np.nan_to_num(row).max()) for size, row in scores.items()}
    return says, {"best_lr": {f"batch_{size}": lr for size, lr in best.items()}, "validation_accuracy": top}


def basin(trials: Trials) -> Basin:
    """A competitor's trials by their learning rate.

    Args:
        trials: finished trials.
    """
    return Basin(trials.values("train.lr"), trials.scores)
