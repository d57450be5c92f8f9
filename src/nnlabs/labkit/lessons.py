"""What a lab is to show, as checks on its own numbers: each is shown, not shown by this run (and why), or contradicted.

A lesson compares one quantity, with its 95 % interval, to a bound. The interval decides: above the bound as a whole, the lesson is
shown; below it as a whole, contradicted; where the bound lies inside, the run cannot tell. Nor can it where all seeds found the
same: equal values are no evidence of how others would come out. What a network at chance level does teaches nothing, so a lesson
can ask first that something was learned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlabs.config.layers import PRESETS
from nnlabs.stats.intervals import Interval

SHOWN, NOT_SHOWN, CONTRADICTED = "shown", "not shown by this run", "contradicted"
ROUNDING = 1e-11
"""An interval narrower than this has no width but by rounding."""

Metrics = Mapping[str, Mapping[str, Any]]
"""The metrics of all acts, by the act's name."""
Measure = Callable[[Metrics], Interval | float | None]


@dataclass(frozen=True)
class Lesson:
    """One thing that a lab is to show.

    Args:
        act: name of the act in which one sees it.
        claim: what one sees, as a sentence without a full stop.
        quantity: what is measured, in words.
        measure: the quantity, out of the metrics; a plain number is exact, an interval without ends that of one seed or lost ones;
            None, or a KeyError, says that the settings left it out.
        above: the bound that it is to exceed; None where it is to stay below one.
        below: the bound that it is to stay below; None where it is to exceed one.
        unit: of the quantity; empty for one that is true (1) or false (0).
        scale: what the quantity is multiplied by for reading, such as 100 for points.
        learned: an accuracy, or another score, that must lie above `chance` before anything is concluded.
        chance: the score of whoever has learned nothing; default: what guessing gets on the lab's data.
        over_guessing: whether the bound lies so far above what guessing gets.
        since: the smallest preset that is to show it: smoke, quick or full.
    """

    act: str
    claim: str
    quantity: str
    measure: Measure
    above: float | None = 0.0
    below: float | None = None
    unit: str = "points"
    scale: float = 100.0
    learned: Measure | None = None
    chance: float | None = None
    over_guessing: bool = False
    since: str = "quick"

    def bound(self, guessing: float) -> float:
        """What the quantity is held against, where guessing gets so much."""
        bound = self.above if self.below is None else self.below
        assert bound is not None
        return bound + guessing * self.over_guessing


@dataclass(frozen=True)
class Outcome:
    """What became of a lesson in one run of a lab.

    Args:
        act: the act's name.
        claim: the lesson's.
        verdict: SHOWN, NOT_SHOWN or CONTRADICTED.
        numbers: the quantity beside its bound, in words.
        why: why it is not shown; empty where it is.
        expected: whether this preset is to show it.
    """

    act: str
    claim: str
    verdict: str
    numbers: str
    why: str
    expected: bool

    def sentence(self) -> str:
        """One line for the console."""
        return f"{self.verdict}: {self.claim} ({self.numbers}{f'; {self.why}' if self.why else ''})"


def judge(lessons: Sequence[Lesson], metrics: Metrics, preset: str, guessing: float = 0.1) -> Iterator[Outcome]:
    """Hold each lesson against the numbers of a run.

    Args:
        lessons: the lab's; those of acts that the settings left out are passed over.
        metrics: of all acts, by the act's name.
        preset: the preset's name; one that is none of the three usual ones is to show nothing.
        guessing: the accuracy that whoever guesses stays below.
    """
    for lesson in lessons:
        value = _measured(lesson, metrics)
        if value is not None:
            verdict, why = _decide(lesson, value, metrics, guessing)
            expected = preset in PRESETS and PRESETS.index(preset) >= PRESETS.index(lesson.since)
            if verdict != SHOWN and not expected:
                why += f"; the preset {lesson.since} is made to show it"
            yield Outcome(lesson.act, lesson.claim, verdict, _in_words(lesson, value, guessing), why, expected)


def _measured(lesson: Lesson, metrics: Metrics) -> Interval | float | None:
    """The lesson's quantity; None where the settings left out the act, or one of the things that it compares."""
    if not metrics.get(lesson.act):
        return None
    try:
        return lesson.measure(metrics)
    except KeyError:
        return None


def _decide(lesson: Lesson, value: Interval | float, metrics: Metrics, guessing: float) -> tuple[str, str]:
    """The verdict, and why it is not SHOWN."""
    learned = lesson.learned(metrics) if lesson.learned is not None else None
    chance = guessing if lesson.chance is None else lesson.chance
    if learned is not None and not _least(learned) > chance:
        idle = not _mean(learned) > chance
        return NOT_SHOWN, "too little was learned to tell" if idle else "the seeds differ too much in what they learned"
    low, high = _low(value), _high(value)
    if math.isnan(low):
        return NOT_SHOWN, _why_no_interval(value)
    if isinstance(value, Interval) and high - low < ROUNDING:
        return NOT_SHOWN, "all seeds found the same, which is no evidence of how others would come out"
    bound = lesson.bound(guessing)
    if lesson.over_guessing and bound >= 1:
        return (
            NOT_SHOWN,
            f"on these data guessing gets up to {100 * guessing:.0f} %, so that nothing can lie so far above it",
        )
    right, wrong = low > bound, high < bound
    if lesson.below is not None:
        right, wrong = wrong, right
    if right:
        return SHOWN, ""
    if wrong:
        return CONTRADICTED, "the whole interval lies on the other side" if high > low else "it lies on the other side"
    if not lesson.unit:
        return NOT_SHOWN, "it did not happen"
    return NOT_SHOWN, "the interval leaves both possible" if high > low else "it is equal"


def _why_no_interval(value: Interval | float) -> str:
    if not math.isfinite(_mean(value)):
        return "nothing was measured"
    return (
        "some seeds were lost"
        if isinstance(value, Interval) and value.n > 1
        else "measured once, which tells nothing of chance"
    )


def _in_words(lesson: Lesson, value: Interval | float, guessing: float) -> str:
    """`gap of the plain network: 12.1 ± 0.8 points, more than 5 expected`."""
    if not lesson.unit:
        return f"{lesson.quantity}: {'yes' if _mean(value) else 'no'}"
    order = "more" if lesson.below is None else "less"
    expected = f"{order} than {lesson.scale * lesson.bound(guessing):.3g} expected"
    if not math.isfinite(_mean(value)):
        return f"{lesson.quantity}: no number, {expected}"
    half = lesson.scale * (_high(value) - _mean(value))
    # Both with the decimals that two digits of the interval have.
    decimals = max(0, 1 - math.floor(math.log10(half))) if half > 0 else 0
    mean = lesson.scale * _mean(value)
    if half > 0 and not math.isclose(half, lesson.scale * (_mean(value) - _low(value))):
        low, high = lesson.scale * _low(value), lesson.scale * _high(value)
        found = f"{mean:.{decimals}f} (from {low:.{decimals}f} to {high:.{decimals}f})"
    else:
        found = f"{mean:.{decimals}f} ± {half:.{decimals}f}" if half > 0 else f"{mean:.3g}"
    return f"{lesson.quantity}: {found} {lesson.unit}, {expected}"


def _mean(value: Interval | float) -> float:
    return float(value.mean if isinstance(value, Interval) else value)


def _low(value: Interval | float) -> float:
    return float(value.low if isinstance(value, Interval) else value)


def _least(value: Interval | float) -> float:
    """The lower end of the interval, or, of a single seed, which has none, what it found."""
    return _mean(value) if math.isnan(_low(value)) else _low(value)


def _high(value: Interval | float) -> float:
    return float(value.high if isinstance(value, Interval) else value)


def of_all_seeds(found: Interval, seeds: int) -> Interval:
    """The estimate as it is, or without its interval where seeds were lost: a mean over the lucky ones is no fair one.

    Args:
        found: an estimate.
        seeds: how many there were.
    """
    nan = np.float64(np.nan)
    return found if found.n >= seeds else Interval(found.mean, nan, nan, np.int64(seeds))


def difference(a: Interval, b: Interval) -> Interval:
    """The difference a - b of independent estimates, the halves of their intervals combined as √(h_a² + h_b²).

    Of estimates that err in the same direction, as those judged by the same examples, it is the most that it can be.

    Args:
        a: an estimate with its interval.
        b: another one.
    """
    mean = a.mean - b.mean
    half = ((a.high - a.mean) ** 2 + (b.high - b.mean) ** 2) ** 0.5
    return Interval(mean, mean - half, mean + half, np.minimum(a.n, b.n))
