"""What every question that a lab asks before it runs has in common; a lab's own are in `nnlabs/labs/LAB/questions.py`.

That file has one function, `questions(settings)`: from the settings, as the lab's `--print_config` gives them, to its questions.
So they can name what this preset compares. A question names the metrics in the lab's `result.json` that answer it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlabs.stats.intervals import Interval

Metrics = Mapping[str, Mapping[str, Any]]
"""The metrics of all acts by the act's name, as `result.json` has them."""
Answer = list[Any]
"""An answer as JSON keeps it: the ends of a range, or names in their order."""


@dataclass(frozen=True)
class Score:
    """What a prediction was worth.

    Args:
        points: from 0 to 100; None where this run cannot tell.
        rule: the scoring rule.
        value: what the rule gives, 0 being best; None where this run cannot tell.
        words: why so many points.
    """

    points: float | None
    rule: str
    value: float | None
    words: str


@dataclass(frozen=True)
class Question(ABC):
    """A question about a lab's result.

    Args:
        name: one word, by which answers are given in a file.
        text: the question.
        why: one or two sentences, shown with the result: why it comes out like that. They hold whatever this run shows.
    """

    name: str
    text: str
    why: str

    @property
    @abstractmethod
    def metrics(self) -> tuple[str, ...]:
        """The dotted names of all metrics that it reads."""

    @property
    @abstractmethod
    def how(self) -> tuple[str, ...]:
        """How it is answered, in lines."""

    @property
    @abstractmethod
    def example(self) -> str:
        """An answer as one may be typed; it says nothing about the right one."""

    @abstractmethod
    def parse(self, text: str) -> Answer:
        """Read an answer.

        Args:
            text: what somebody typed.

        Raises:
            ConfigError: for one that is none, with what is wrong with it.
        """

    @abstractmethod
    def describe_answer(self, answer: Answer) -> str:
        """An answer in words.

        Args:
            answer: from `parse`.
        """

    @abstractmethod
    def measured(self, metrics: Metrics) -> Any:
        """The result as JSON keeps it; None where the run has none.

        Args:
            metrics: of the run.
        """

    @abstractmethod
    def describe_result(self, metrics: Metrics) -> str:
        """The result in words.

        Args:
            metrics: of the run.
        """

    @abstractmethod
    def score(self, answer: Answer, metrics: Metrics) -> Score:
        """Hold an answer against the result.

        Args:
            answer: from `parse`.
            metrics: of the run.
        """


def read_metric(metrics: Metrics, name: str) -> Interval | None:
    """A metric by its dotted name.

    Args:
        metrics: of all acts.
        name: act and keys, such as `depth.log10_first_to_last.ReLU and he`.

    Returns:
        The metric, a plain number as an interval without width, one of a single seed likewise; None where there is none.
    """
    value: Any = metrics
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    facts = value if isinstance(value, Mapping) else {"mean": value}
    mean = facts.get("mean")
    if mean is None or isinstance(mean, str):
        return None
    low, high = (mean if facts.get(end) is None else facts[end] for end in ("low", "high"))
    return Interval(np.float64(mean), np.float64(low), np.float64(high), np.int64(facts.get("n", 1)))


def in_words(value: float) -> str:
    """A number as one reads it: three digits that count, thousands separated.

    Args:
        value: any finite one.

    Example:
        >>> in_words(1418.3), in_words(0.0456), in_words(-91)
        ('1,418', '0.0456', '-91')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
