"""A question about a number: it is answered by a range that holds it with 80 %, and scored by the interval score."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from nnlabs.errors import ConfigError
from nnlabs.labkit.lessons import difference
from nnlabs.labkit.questions.question import Answer, Metrics, Question, Score, in_words, read_metric
from nnlabs.stats.forecasts import LEVEL, interval_score
from nnlabs.stats.intervals import Interval

RULE = "interval score"
# A minus belongs to a number where none goes before it: "-3 to 5", but "3-5" is a range.
_NUMBER = r"(?<![\d.])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"
_BETWEEN = r"to|and|[-–;%\[\]()]"


@dataclass(frozen=True)
class Number(Question):
    """How much, how many, how far?

    Args:
        metric: the dotted name of the metric that answers it.
        unit: of the number.
        low: least number that can be answered.
        high: largest.
        minus: name of a metric that is taken away from `metric`; empty for none.
        scale: what the metric is multiplied by to get the unit, such as 100 for percent.
        log: whether numbers are judged by their ratio (how many powers of ten off), not by their difference.
    """

    metric: str
    unit: str
    low: float
    high: float
    minus: str = ""
    scale: float = 1.0
    log: bool = False

    @property
    def metrics(self) -> tuple[str, ...]:
        """The dotted names of all metrics that it reads."""
        return (self.metric, self.minus) if self.minus else (self.metric,)

    @property
    def how(self) -> tuple[str, ...]:
        """How it is answered, in lines."""
        return (
            f"In {self.unit}, between {in_words(self.low)} and {in_words(self.high)}. Give a range that holds the result with "
            f"{100 * LEVEL:.0f} %, such as {self.example}; or one number, if you are sure.",
        )

    @property
    def example(self) -> str:
        """The middle half of all that can be answered."""
        low, high = self._on_scale(self.low), self._on_scale(self.high)
        ends = (low + (high - low) / 4, high - (high - low) / 4)
        shown = [float(f"{10**end:.1g}" if self.log else f"{end:.2g}") for end in ends]
        return " to ".join(map(in_words, shown))

    def parse(self, text: str) -> Answer:
        """Read `800 to 2,000`, `800-2000` or `1500`.

        Args:
            text: what somebody typed.

        Raises:
            ConfigError: for one that is none, with what is wrong with it.
        """
        found = re.findall(_NUMBER, text, re.I)
        left = re.sub(_BETWEEN, " ", re.sub(_NUMBER, " ", text.replace(self.unit, " "), flags=re.I), flags=re.I)
        if left.strip() or len(found) not in (1, 2):
            raise ConfigError(f"{text.strip() or 'nothing'} is no number and no range; write it as {self.example}")
        for number in found:
            if re.fullmatch(r"\d{1,3}\.\d{3}", number) and self.low <= 1000 * float(number) <= self.high:
                raise ConfigError(
                    f"{number} could be {float(number):g} or {1000 * float(number):,.0f}; write the one you mean so"
                )
        ends = [float(number.replace(",", "").replace("−", "-")) for number in found]
        low, high = ends[0], ends[-1]
        if low > high:
            raise ConfigError(f"the range begins with its smaller number: {in_words(high)} to {in_words(low)}?")
        if not self.low <= low <= high <= self.high:
            raise ConfigError(f"it lies between {in_words(self.low)} and {in_words(self.high)} {self.unit}")
        return [low, high]

    def describe_answer(self, answer: Answer) -> str:
        """An answer in words.

        Args:
            answer: from `parse`.
        """
        ends = list(dict.fromkeys(map(in_words, answer)))
        return f"{' to '.join(ends)} {self.unit}"

    def measured(self, metrics: Metrics) -> float | None:
        """The number, in its unit; None where the run has none.

        Args:
            metrics: of the run.
        """
        found = self._found(metrics)
        return None if found is None else self.scale * float(found.mean)

    def describe_result(self, metrics: Metrics) -> str:
        """The number, with half its 95 % interval where the run has one.

        Args:
            metrics: of the run.
        """
        found = self._found(metrics)
        if found is None:
            return "not measured in this run"
        half = self.scale * float(found.high - found.mean)
        return f"{in_words(self.scale * float(found.mean))}{f' ± {half:.2g}' if half > 0 else ''} {self.unit}"

    def score(self, answer: Answer, metrics: Metrics) -> Score:
        """The interval score S; 100 (1 - S / width of all that can be answered) points, but not less than none.

        Args:
            answer: from `parse`.
            metrics: of the run.
        """
        result = self.measured(metrics)
        if result is None:
            return Score(None, RULE, None, "this run did not measure it")
        low, high, observed = (self._on_scale(value) for value in (*answer, result))
        value = interval_score(low, high, observed)
        points = 100 * max(0.0, 1 - value / (self._on_scale(self.high) - self._on_scale(self.low)))
        return Score(points, RULE, value, self._where(low, high, observed))

    def _found(self, metrics: Metrics) -> Interval | None:
        found = [read_metric(metrics, name) for name in self.metrics]
        first, last = found[0], found[-1]
        if first is None or last is None or not math.isfinite(float(first.mean)):
            return None
        return difference(first, last) if self.minus else first

    def _on_scale(self, value: float) -> float:
        """Where it is judged: on the logarithm to base ten, or as it is; what lies outside of all answers counts as their end."""
        return math.log10(min(max(value, self.low), self.high)) if self.log else value

    def _where(self, low: float, high: float, observed: float) -> str:
        if low <= observed <= high:
            return f"inside your range, {self._apart(high - low)} wide" if high > low else "exactly that"
        off = max(low - observed, observed - high)
        side = "below" if observed < low else "above"
        return f"{self._apart(off)} {side} what you said"

    def _apart(self, width: float) -> str:
        unit = "points" if self.unit == "%" else self.unit
        return f"a factor {in_words(10**width)}" if self.log else f"{in_words(width)} {unit}"
