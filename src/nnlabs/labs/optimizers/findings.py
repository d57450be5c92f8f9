"""What lab 4's numbers say, in sentences computed from them, and the numbers by name for `result.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labkit.comparison import in_order, learned, lost, with_end
from nnlabs.labs.optimizers.figures.descent import Descent
from nnlabs.labs.optimizers.figures.leaders import name_leaders, who_lead
from nnlabs.labs.optimizers.protocol import Trials
from nnlabs.labs.optimizers.rates import Findings, rates_of
from nnlabs.plotting.intervals import percent
from nnlabs.runs.run import Run
from nnlabs.stats.expected_best import leaders
from nnlabs.stats.intervals import judging_interval, mean_interval
from nnlabs.sweeps.results import failed, final, median_seconds

# How far from the best, as a share of the images, still counts as good.
NEAR = 0.01


def on_paths(surfaces: Mapping[str, Descent], highest: float) -> Findings:
    """Who came down first on each surface.

    Args:
        surfaces: with all paths, by title.
        highest: the highest learning rate that was tried.
    """
    arrivals = {title: _arrivals(surface) for title, surface in surfaces.items()}
    firsts = {title: min(steps.values()) for title, steps in arrivals.items() if steps}
    parts = "; ".join(
        f"{title}: {' and '.join(name for name in arrivals[title] if arrivals[title][name] == step)} ({step} steps)"
        for title, step in firsts.items()
    )
    missed = ", ".join(title for title in surfaces if title not in firsts)
    sentences = [f"First to be 99 % of the way down, and to stay there: {parts or 'nobody'}."]
    sentences += [f"Nobody does on {missed}."] if parts and missed else []
    sentences += _at_the_end(surfaces, highest)
    return sentences, {
        "steps_until_down": arrivals,
        "steps": max(len(track.values) - 1 for surface in surfaces.values() for track in surface.tracks.values()),
        "optimizers": [*next(iter(surfaces.values())).tracks],
    }


def _at_the_end(surfaces: Mapping[str, Descent], highest: float) -> list[str]:
    """Whose rate is the highest one tried, so that a higher one may do better still, in a sentence; none where nobody's is."""
    ends = {
        title: [name for name, track in surface.tracks.items() if track.lr == highest]
        for title, surface in surfaces.items()
    }
    found = "; ".join(f"{title}: {', '.join(names)}" for title, names in ends.items() if names)
    return (
        [f"Best with the highest learning rate tried, {highest:g}, so perhaps better beyond it: {found}."]
        if found
        else []
    )


def _arrivals(surface: Descent) -> dict[str, int]:
    """After how many steps each optimizer was down, of those that were."""
    steps = {name: surface.arrival(name) for name in surface.tracks}
    return {name: step for name, step in steps.items() if step is not None}


def on_tuning(trials: Mapping[str, Trials], expected: Mapping[str, Array], bound: float) -> list[str]:
    """How hard each competitor was to tune, and who leads after how many trials.

    Args:
        trials: finished trials by competitor.
        expected: expected best of n trials, by competitor.
        bound: the validation accuracy of guessing, from `chance_bound`.
    """
    total = sum(len(tried.scores) for tried in trials.values())
    gone = sum(failed(run) for tried in trials.values() for run in tried.runs)
    diverged = sum(lost(tried.scores) for tried in trials.values()) - gone
    best = {name: float(np.fmax.reduce(tried.scores)) for name, tried in trials.items()}
    tuned = [name for name in best if best[name] > bound]
    idle = ", ".join(name for name in best if name not in tuned)
    first = f"Of {total} trials {diverged or 'none'} diverged{f' and {gone} failed' if gone else ''}."
    if not tuned:
        rest = "None of the others" if diverged or gone else "None"
        return [f"{first} {rest} did better than guessing ({100 * bound:.1f} % at most)."]
    if max(len(tried.scores) for tried in trials.values()) < 2:
        return [f"{first} One trial each says nothing of what tuning is worth."]
    idlers = [f"No trial better than guessing: {idle}."] if idle else []
    return [
        f"{first} {_on_medians(trials, best, tuned)}",
        *idlers,
        _on_budget({name: expected[name] for name in tuned}),
    ]


def _on_medians(trials: Mapping[str, Trials], best: Mapping[str, float], tuned: Sequence[str]) -> str:
    """How far the median of the trials, of which a diverged one is the worst, lies below the best."""
    middle = {name: float(np.median(np.nan_to_num(trials[name].scores))) for name in tuned}
    kind, picky = max(middle, key=middle.__getitem__), min(middle, key=middle.__getitem__)
    worst = {name: float(np.nan_to_num(trials[name].scores).min()) for name in tuned}
    gained, most = (float(np.mean([best[name] - one[name] for name in tuned])) for one in (middle, worst))
    if kind == picky:
        return f"The median of {kind}'s trials is {100 * middle[kind]:.1f} %, their best {100 * best[kind]:.1f} %."
    apart = max(best[name] for name in tuned) - min(best[name] for name in tuned)
    counted = " (a diverged one counts as 0 %)" if any(lost(trials[name].scores) for name in tuned) else ""
    return (
        f"The median of {kind}'s trials is {100 * middle[kind]:.1f} %, of {picky}'s {100 * middle[picky]:.1f} %{counted}; "
        f"their best get {100 * best[kind]:.1f} % and {100 * best[picky]:.1f} %. "
        f"Between a competitor's median and its best trial lie {100 * gained:.1f} points in the mean, between its worst and its "
        f"best {100 * most:.1f}, between the best of the first and of the last competitor {100 * apart:.1f}."
    )


def _on_budget(expected: Mapping[str, Array]) -> str:
    reign = leaders(expected)
    first, last, trials = who_lead(reign[0]), name_leaders(reign[-1]), len(reign)
    between = ", ".join(dict.fromkeys(name_leaders(names) for names in reign if names != reign[0]))
    if not between:
        who = f"{first} with every number of trials"
    elif reign[0] == reign[-1]:
        who = f"{first} with one trial and with {trials}, between them {between}"
    else:
        who = f"{first} with one trial and {last} with {trials}"
    return f"By the best to be expected, one seed a trial, {who}."


def tuning_metrics(trials: Mapping[str, Trials], bound: float, examples: int) -> dict[str, Any]:
    """Each competitor's trials in numbers.

    Args:
        trials: finished trials by competitor.
        bound: as in `on_tuning`.
        examples: of the validation split.
    """
    return {
        name: {
            **rates_of(tried, bound, examples),
            "best_validation_accuracy": float(np.fmax.reduce(tried.scores)),
            "worst_validation_accuracy": float(np.nan_to_num(tried.scores).min()),
            "median_validation_accuracy": float(np.median(np.nan_to_num(tried.scores))),
            "diverged": int(np.isnan(tried.scores).sum()),
            "trials": len(tried.scores),
            "best_setting": dict(tried.settings[tried.best]),
        }
        for name, tried in trials.items()
    }


def on_finals(finals: Mapping[str, Sequence[Run]], bound: float) -> Findings:
    """How the best settings did from fresh seeds, on validation, and how long they took.

    Args:
        finals: finished runs by competitor, one a seed.
        bound: as in `on_tuning`.
    """
    scores = {name: final(runs, "validation_accuracy") for name, runs in finals.items()}
    accuracy = {name: mean_interval(values) for name, values in scores.items()}
    seconds = {name: median_seconds(final(runs, "seconds")) for name, runs in finals.items()}
    timed = [taken for taken in seconds.values() if np.isfinite(taken)]
    ends_of_times = dict.fromkeys(f"{pick(timed):.0f}" for pick in (min, max)) if timed else ()
    averaged = " in the median over seeds" if max(map(len, finals.values())) > 1 else ""
    times = f"A run took {' to '.join(ends_of_times)} s{averaged}; " if timed else ""
    without, total = sum(map(lost, scores.values())), sum(map(len, finals.values()))
    if total == 1 and not without:
        ends = "it ended with a network"
    else:
        ends = f"{without} of {total} did not end with a network" if without else f"all {total} ended with a network"
    runs = f"{times}{ends}." if times else f"{ends[0].upper()}{ends[1:]}."
    numbers = {name: {"validation_accuracy": accuracy[name], "seconds": seconds[name]} for name in finals}
    return [f"{_on_ends(scores, bound)} {runs}"], numbers


def _on_ends(scores: Mapping[str, Array], bound: float) -> str:
    """Who ends highest and who lowest on validation, of those that are above guessing."""
    order = in_order({name: values for name, values in scores.items() if learned(values, bound)})
    idle = ", ".join(name for name in scores if name not in order)
    if not order:
        return f"On validation nobody did better than guessing ({100 * bound:.1f} % at most)."
    ends = [
        _on_end(names, scores) for names in dict.fromkeys(_equals(scores, end, order) for end in (order[0], order[-1]))
    ]
    return f"On validation {', '.join(ends)}{f'; not above guessing: {idle}' if idle else ''}."


def _equals(scores: Mapping[str, Array], name: str, among: Sequence[str]) -> tuple[str, ...]:
    """Who has the same mean as this one; seeds that were lost have no equal."""
    mean = scores[name].mean()
    return tuple(other for other in among if other == name or np.isclose(scores[other].mean(), mean, rtol=0, atol=1e-9))


def _on_end(names: Sequence[str], scores: Mapping[str, Array]) -> str:
    seeds = scores[names[0]]
    diverged = f" (but {lost(seeds)} of {len(seeds)} seeds diverged, which counts)" if lost(seeds) else ""
    return f"{name_leaders(names)} end{'s' if len(names) == 1 else ''} at {100 * np.nanmean(seeds):.1f} %{diverged}"


def on_grid(scores: Array, rows: Sequence[str], columns: Sequence[str], settings: str, bound: float) -> Findings:
    """What the schedule is worth to each optimizer.

    Args:
        scores: validation accuracies, shape (rows, columns).
        rows: optimizers.
        columns: schedules.
        settings: which settings they have, from `protocol.settings_in_words`.
        bound: as in `on_tuning`.
    """
    parts = "; ".join(_on_schedules(name, row, columns, bound) for name, row in zip(rows, scores, strict=True))
    numbers = {
        name: {title: float(value) for title, value in zip(columns, row, strict=True)}
        for name, row in zip(rows, scores, strict=True)
    }
    return [f"By schedule, with {settings}, one seed each: {parts}."], {"validation_accuracy": numbers}


def on_falling(constant: Mapping[str, Sequence[Run]], finals: Mapping[str, Sequence[Run]], settings: str) -> Findings:
    """What a falling rate is worth.

    Args:
        constant: finished runs with a rate that stays, by competitor, one a seed; one that diverged counts as 0 %.
        finals: the same with a rate that falls; there may be more of them, with further seeds.
        settings: which settings both have, from `protocol.settings_in_words`.
    """
    falling = {name: finals[name][: len(runs)] for name, runs in constant.items()}
    ends = [
        np.nan_to_num([final(runs, "validation_accuracy") for runs in each.values()]) for each in (falling, constant)
    ]
    # Of each seed the mean over competitors: what scatters then is what another seed changes.
    gain = mean_interval(np.subtract(*ends).mean(axis=0))
    spread = f" ± {100 * (gain.high - gain.mean):.1f}" if gain.n > 1 else ""
    names, points = ", ".join(constant), f"{100 * gain.mean:+.1f}{spread} points"
    said = f"The finals of {names}, with {settings}, less the same with a constant rate: {points} in the mean."
    return [said], {"gained_by_falling": gain}


def _on_schedules(name: str, accuracies: Array, columns: Sequence[str], bound: float) -> str:
    """Which schedule one optimizer does best with, and how far its worst lies below."""
    ended = accuracies[np.isfinite(accuracies)]
    if not (ended > bound).any():
        return f"{name} did no better than guessing with any"
    missing = len(accuracies) - len(ended)
    diverged = f" ({missing} diverged)" if missing else ""
    if percent(ended.min()) == percent(ended.max()):
        return f"{name} does equally well with all{' that ended' if missing else ''}{diverged}"
    best = [column for column, value in zip(columns, accuracies, strict=True) if percent(value) == percent(ended.max())]
    return f"{name} does best with {' and '.join(best)}, {100 * np.ptp(ended):.1f} points above its worst{diverged}"


def on_decoupling(
    maps: Mapping[str, Array], lrs: Sequence[float], decays: Sequence[float], bound: float, examples: int
) -> Findings:
    """Whether the best weight decay moves with the learning rate, for either way to decay.

    Args:
        maps: validation accuracies by kind, each of shape (weight decays, learning rates).
        lrs: the columns.
        decays: the rows.
        bound: as in `on_tuning`.
        examples: of the validation split.
    """
    sentences, numbers = [], {}
    for name, scores in maps.items():
        filled = np.nan_to_num(scores)
        i, j = map(int, np.unravel_index(int(filled.argmax()), filled.shape))
        near = int((filled >= filled.max() - NEAR).sum())
        sentences.append(
            f"{name} did no better than guessing with any setting."
            if filled.max() <= bound
            else f"{name} is best with a learning rate of {with_end(lrs[j], lrs)} and lambda {with_end(decays[i], decays)}: "
            f"{100 * filled.max():.1f} %; "
            f"{near} of {filled.size} settings come{'s' * (near == 1)} within a point."
        )
        numbers[name] = {
            "validation_accuracy": float(filled.max()),
            "lr": lrs[j],
            "weight_decay": decays[i],
            "near": near,
            "mean_validation_accuracy": judging_interval(filled.ravel(), examples),
        }
    return sentences, numbers
