"""A question about an order: it is answered by names or their numbers, and scored by Kendall's distance."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from nnlabs.config.describe import nearest
from nnlabs.errors import ConfigError
from nnlabs.labkit.questions.question import Answer, Metrics, Question, Score, in_words, read_metric
from nnlabs.stats.forecasts import RankDistance, rank_distance
from nnlabs.stats.intervals import Interval

RULE = "rank distance"
_SEPARATORS = " ,;>\t"


@dataclass(frozen=True)
class Ranking(Question):
    """Which is first, and which come then?

    Args:
        metric: the dotted name of each option's metric, with `{}` for the option.
        options: what is to be ordered, two or more.
        unit: of the metric.
        first: what the first place has, such as "the most".
        places: how many places are to be named; the others are left open.
        lowest: whether the smallest metric comes first.
        scale: what the metric is multiplied by to get the unit.
    """

    metric: str
    options: tuple[str, ...]
    unit: str
    first: str
    places: int
    lowest: bool = False
    scale: float = 1.0

    @property
    def metrics(self) -> tuple[str, ...]:
        """The dotted names of all metrics that it reads."""
        return tuple(self.metric.format(option) for option in self.options)

    @property
    def how(self) -> tuple[str, ...]:
        """How it is answered, in lines."""
        listed = "   ".join(f"{number} {option}" for number, option in enumerate(self.options, start=1))
        if self.places == 1:
            return listed, f"Name the one with {self.first}: its number, or its name."
        which = "All" if self.places == len(self.options) else f"The first {self.places}"
        return (
            listed,
            f"{which} in order, the one with {self.first} before the others: their numbers, such as {self.example}.",
        )

    @property
    def example(self) -> str:
        """The numbers as they are listed."""
        return " ".join(map(str, range(1, self.places + 1)))

    def parse(self, text: str) -> Answer:
        """Read numbers, `2 1 3`, or names, `ReLU, Sigmoid`.

        Args:
            text: what somebody typed.

        Raises:
            ConfigError: for one that is none, with what is wrong with it.
        """
        numbered = re.fullmatch(r"[\d\s,;>]+", text) is not None
        chosen = self._by_number(text) if numbered else self._by_name(text)
        twice = next((name for name in chosen if chosen.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(f"{twice} stands there twice")
        if len(chosen) != self.places:
            raise ConfigError(f"{self.places} of the {len(self.options)} are asked for, and these are {len(chosen)}")
        return chosen

    def _by_number(self, text: str) -> list[str]:
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        for number in numbers:
            if not 1 <= number <= len(self.options):
                raise ConfigError(f"the numbers go from 1 to {len(self.options)}, and one is {number}")
        return [self.options[number - 1] for number in numbers]

    def _by_name(self, text: str) -> list[str]:
        chosen, left = [], text.strip(_SEPARATORS)
        while left:
            fitting = [o for o in self.options if re.match(rf"{re.escape(o)}(?!\w)", left, re.IGNORECASE)]
            if not fitting:
                wrong = re.split("[,;>]", left)[0].strip()
                raise ConfigError(f"{wrong} is none of them; {nearest(wrong, self.options)}")
            chosen.append(max(fitting, key=len))
            left = left[len(chosen[-1]) :].lstrip(_SEPARATORS)
        return chosen

    def describe_answer(self, answer: Answer) -> str:
        """An answer in words.

        Args:
            answer: from `parse`.
        """
        return " > ".join(answer) if self.places > 1 else str(answer[0])

    def measured(self, metrics: Metrics) -> dict[str, float | None] | None:
        """What each option has, in order; None for one that has nothing, and for all where the run did not measure it.

        Args:
            metrics: of the run.
        """
        found = self._in_order(metrics)
        return {name: None if it is None else self.scale * float(it.mean) for name, it in found.items()} or None

    def describe_result(self, metrics: Metrics) -> str:
        """The options in their order, each with what it has.

        Args:
            metrics: of the run.
        """
        found = self.measured(metrics)
        if not found:
            return "not measured in this run"
        parts = [f"{name} {'–' if value is None else in_words(value)}" for name, value in found.items()]
        return f"{' > '.join(parts)} {self.unit}".strip()

    def score(self, answer: Answer, metrics: Metrics) -> Score:
        """Kendall's distance over the pairs that answer and results put in an order; 100 (1 - distance) points.

        Args:
            answer: from `parse`.
            metrics: of the run.
        """
        found = self._in_order(metrics)
        if not found:
            return Score(None, RULE, None, "this run did not measure it")
        distance = self._distance(answer, found)
        if not distance.pairs:
            return Score(None, RULE, None, "this run cannot tell them apart: their 95 % intervals overlap")
        right = distance.pairs - distance.wrong
        return Score(100 * (1 - distance.distance), RULE, distance.distance, f"{right} of {distance.pairs} pairs right")

    def _distance(self, answer: Answer, found: dict[str, Interval | None]) -> RankDistance:
        ranks = [answer.index(name) if name in answer else len(answer) for name in found]
        # Without a value, as where a run diverged or never arrived, one comes last.
        ends = [(-np.inf, -np.inf) if it is None else self._upwards(it) for it in found.values()]
        return rank_distance(ranks, [low for low, _ in ends], [high for _, high in ends])

    def _upwards(self, it: Interval) -> tuple[float, float]:
        """The ends of its interval, turned round where the smallest comes first."""
        return (-float(it.high), -float(it.low)) if self.lowest else (float(it.low), float(it.high))

    def _in_order(self, metrics: Metrics) -> dict[str, Interval | None]:
        """The options from the first to the last, those without a value at the end; none where no option has one."""
        found = {name: read_metric(metrics, self.metric.format(name)) for name in self.options}
        known = {name: it for name, it in found.items() if it is not None}
        order = sorted(known, key=lambda name: float(known[name].mean), reverse=not self.lowest)
        return {name: found[name] for name in [*order, *(name for name in found if name not in known)]} if known else {}
