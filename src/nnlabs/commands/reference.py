"""Reference values: what every metric of a lab should be, and how far it may lie off before something must have changed.

`src/nnlabs/labs/LAB/reference/PRESET.json` holds for each metric the mean and the spread (sample standard deviation) over n
repetitions that differ in nothing but their seeds. Another processor or another version of torch rounds differently, and after
some steps that acts like another seed; so a new measurement must fall into the prediction interval of one more repetition,

    mean ± t(n - 1, 1 - α / 2m) · s · √(1/k + 1/n),

where k is the number of seeds that the measurement is a mean of, m the number of metrics of the lab, and α = 0.01 the chance
that any one of them lies outside although nothing is wrong (Bonferroni).

Source: G. J. Hahn, "Factors for calculating two-sided prediction intervals for samples from a normal distribution", JASA 64, 1969.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from nnlabs.errors import RunError
from nnlabs.paths import PACKAGE
from nnlabs.records import write_json
from nnlabs.runs.lookup import read_facts
from nnlabs.runs.provenance import describe_environment

ALPHA = 0.01
# A spread over fewer repetitions says too little to hold anything against it.
LEAST = 5
# What is the same for every seed, such as a number of weights, may be rounded differently, but no more.
ROUNDING = 1e-6
TIMES = ("second", "minute")
CHOSEN = ("best", "best_lr", "suggested_lr")
INTERVAL = {"mean", "low", "high", "n"}


@dataclass(frozen=True)
class Expected:
    """What one metric should be.

    Args:
        mean: over the repetitions.
        spread: their sample standard deviation.
        n: how many there were.
        k: of how many seeds a new measurement is the mean.
    """

    mean: float
    spread: float
    n: int
    k: int = 1

    def tolerance(self, metrics: int) -> float:
        """How far a measurement may lie off the mean.

        Args:
            metrics: how many are looked at together, m.
        """
        from scipy.special import stdtrit

        quantile = float(stdtrit(self.n - 1, 1 - ALPHA / (2 * metrics)))
        return quantile * self.spread * math.sqrt(1 / self.k + 1 / self.n) + ROUNDING * max(1.0, abs(self.mean))


def numbers(result: Mapping[str, Any]) -> dict[str, float | None]:
    """The metrics of a lab that can be held against a reference, by `act.name`; None where one is missing this time.

    Times are left out, as are settings that were chosen (their names have dots in them, or they stand under one of `CHOSEN`): a
    choice between near equals falls either way, and a suggested learning rate hangs on the noise of single batches. Of an
    interval the mean counts.

    Args:
        result: a lab's `result.json`.
    """
    found = {name: value for act, facts in result["acts"].items() for name, value in _leaves(facts["metrics"], act)}
    return {name: value["mean"] if isinstance(value, Mapping) else value for name, value in found.items()}


def _leaves(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Numbers, missing numbers and intervals, by dotted name."""
    for name, value in values.items():
        if "." in name or name in CHOSEN or any(word in name for word in TIMES):
            continue
        if isinstance(value, Mapping) and set(value) != INTERVAL:
            yield from _leaves(value, f"{prefix}.{name}")
        elif value is None or isinstance(value, int | float | Mapping):
            yield f"{prefix}.{name}", value


def from_repetitions(results: Sequence[Mapping[str, Any]]) -> dict[str, Expected]:
    """Reference values from repetitions of a lab; a metric that one of them lacks is left out.

    Args:
        results: their `result.json`.

    Raises:
        RunError: where they are fewer than `LEAST`.
    """
    if len(results) < LEAST:
        raise RunError(f"{len(results)} repetitions tell too little of the spread over seeds; make {LEAST} at least")
    every = [numbers(result) for result in results]
    columns = {name: [found.get(name) for found in every] for name in every[0]}
    whole = {name: [float(value) for value in column if value is not None] for name, column in columns.items()}
    return {
        name: Expected(fmean(column), stdev(column), len(column))
        for name, column in whole.items()
        if len(column) == len(results)
    }


def from_intervals(result: Mapping[str, Any]) -> dict[str, Expected]:
    """Reference values from the 95 % intervals over seeds that a lab's own account gives; of five seeds at least.

    The spread is s = (high - mean) · √n / t(n - 1, 0.975); another result is a mean of n seeds again.

    Args:
        result: a lab's `result.json`.
    """
    from scipy.special import stdtrit

    found = (leaf for act, facts in result["acts"].items() for leaf in _leaves(facts["metrics"], act))
    expected = {}
    for name, value in found:
        if isinstance(value, Mapping) and value["high"] is not None and value["n"] >= LEAST:
            n = int(value["n"])
            half = value["high"] - value["mean"]
            expected[name] = Expected(value["mean"], half * math.sqrt(n) / float(stdtrit(n - 1, 0.975)), n, n)
    return expected


def reference_path(lab: str, preset: str) -> Path:
    """Where the reference values of a lab's preset lie, whether there are any or not.

    Args:
        lab: the lab's name.
        preset: the preset's name.
    """
    return PACKAGE / "labs" / lab / "reference" / f"{preset}.json"


def write_reference(path: Path, metrics: Mapping[str, Expected], data: str) -> None:
    """Write reference values, with where they were made.

    Args:
        path: from `reference_path`.
        metrics: expected values by name.
        data: title of the data.
    """
    environment = describe_environment()
    made = {key: environment[key] for key in ("processor", "python", "packages")}
    write_json(path, {"data": data, "made_with": made, "metrics": {name: asdict(it) for name, it in metrics.items()}})


def read_reference(path: Path) -> dict[str, Expected]:
    """Reference values by metric; none where there are none.

    Args:
        path: from `reference_path`.
    """
    return {name: Expected(**facts) for name, facts in read_facts(path).get("metrics", {}).items()}


def hold_against(result: Mapping[str, Any], expected: Mapping[str, Expected]) -> list[dict[str, Any]]:
    """The metrics that are off.

    Args:
        result: a lab's `result.json`.
        expected: reference values.

    Returns:
        Rows with `metric`, `measured` (None where it is missing), `expected`, `tolerance`.
    """
    found = numbers(result)
    rows = [
        {
            "metric": name,
            "measured": found.get(name),
            "expected": it.mean,
            "tolerance": it.tolerance(len(expected)),
        }
        for name, it in expected.items()
    ]
    return [row for row in rows if _off(row["measured"], row["expected"], row["tolerance"])]


def _off(measured: Any, expected: Any, tolerance: Any) -> bool:
    return measured is None or not abs(measured - expected) <= tolerance
