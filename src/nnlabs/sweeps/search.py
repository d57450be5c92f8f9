"""Ways to choose settings on validation: grid, random and quasi-random search, k-fold cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, prod
from typing import Any, Literal

import numpy as np

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.errors import ConfigError

Setting = dict[str, Any]
Range = Mapping[str, Sequence[float]]
Method = Literal["quasi_random", "random", "grid"]

# A winner so close to an end of its range, as a share of the range's length, calls for a wider range.
EDGE = 0.05


def draw(method: Method, ranges: Mapping[str, Range], trials: int, seed: int) -> list[Setting]:
    """Settings to try, by the name of the method: one budget, three ways to spend it.

    Args:
        method: `quasi_random`, `random` or `grid`.
        ranges: by the setting's dotted name, `{"uniform": [low, high]}` or `{"log_uniform": [low, high]}`.
        trials: how many; a grid has at most so many, as its sides allow.
        seed: of the draws; a grid has none.

    Raises:
        ConfigError: for a range that is neither, or whose ends are not in order.

    Example:
        >>> draw("grid", {"train.lr": {"log_uniform": [0.01, 1]}}, trials=3, seed=0)
        [{'train.lr': 0.01}, {'train.lr': 0.1}, {'train.lr': 1.0}]
    """
    if method == "grid":
        return even_grid(ranges, trials)
    return (quasi_random if method == "quasi_random" else random_search)(ranges, trials, seed)


def grid(values: Mapping[str, Sequence[Any]]) -> list[Setting]:
    """All combinations of the values given for each setting.

    Args:
        values: values to try, by the setting's dotted name.

    Example:
        >>> grid({"model.dropout": [0.0, 0.5]})
        [{'model.dropout': 0.0}, {'model.dropout': 0.5}]
    """
    from sklearn.model_selection import ParameterGrid

    return list(ParameterGrid({key: list(inner) for key, inner in values.items()}))


def random_search(ranges: Mapping[str, Range], trials: int, seed: int) -> list[Setting]:
    """Settings drawn at random: with as many trials as a grid, each setting is tried at more different values.

    Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", 2012.

    Args:
        ranges: by the setting's dotted name, `{"uniform": [low, high]}` or `{"log_uniform": [low, high]}`.
        trials: how many.
        seed: of the draws.

    Returns:
        A setting a trial, by name. Its values are Python's own floats, none of NumPy's: settings are written as YAML.

    Raises:
        ConfigError: for a range that is neither, or whose ends are not in order.
    """
    from sklearn.model_selection import ParameterSampler

    drawn = ParameterSampler(_spaces(ranges), n_iter=trials, random_state=seed)
    return [{key: float(value) for key, value in setting.items()} for setting in drawn]


def quasi_random(ranges: Mapping[str, Range], trials: int, seed: int) -> list[Setting]:
    """Settings out of a scrambled Halton sequence: as unlike a grid as random ones, but without their clumps and holes.

    Any number of trials is spread evenly, and the first n of N trials are the trials of a search with n.

    J. H. Halton, "On the efficiency of certain quasi-random sequences of points", Numerische Mathematik 2, 1960;
    A. B. Owen, "A randomized Halton algorithm in R", arXiv:1706.02808; for tuning: Bousquet et al., "Critical
    Hyper-Parameters: No Random, No Cry", arXiv:1706.03200. Computed by `scipy.stats.qmc.Halton`.

    Args:
        ranges: as in `random_search`.
        trials: how many.
        seed: of the scrambling.

    Raises:
        ConfigError: as in `random_search`.
    """
    from scipy.stats import qmc

    spaces = _spaces(ranges)
    points = qmc.Halton(len(spaces), rng=np.random.default_rng(seed)).random(trials)
    return [{key: _value(spaces[key], share) for key, share in zip(spaces, point, strict=True)} for point in points]


def even_grid(ranges: Mapping[str, Range], trials: int) -> list[Setting]:
    """A grid over ranges: each side evenly spaced on its own scale, both ends included; a side of one point is in the middle.

    Args:
        ranges: as in `random_search`; where the sides cannot be equal, earlier ones get the more points.
        trials: most points that the whole grid may have.

    Raises:
        ConfigError: as in `random_search`.
    """
    spaces = _spaces(ranges)
    sides = dict.fromkeys(spaces, 1)
    while longer := [key for key in sides if prod(sides.values()) // sides[key] * (sides[key] + 1) <= trials]:
        sides[min(longer, key=sides.__getitem__)] += 1
    return grid({key: _side(spaces[key], count) for key, count in sides.items()})


def at_edge(setting: Setting, ranges: Mapping[str, Range]) -> dict[str, str]:
    """Which settings of a winner lie at an end of their range: the best value may lie beyond, and the range was too narrow.

    The outermost 5 % of the range's length on its own scale count as its end, so an outermost value of a grid always does.

    Args:
        setting: values by dotted name.
        ranges: where they were searched, as in `random_search`.

    Returns:
        `low` or `high` by the name of each setting at an end.

    Example:
        >>> at_edge({"train.lr": 0.09}, {"train.lr": {"log_uniform": [0.0001, 0.1]}})
        {'train.lr': 'high'}
    """
    shares = {key: space.cdf(setting[key]) for key, space in _spaces(ranges).items()}
    ends = {key: "low" if share < 0.5 else "high" for key, share in shares.items()}
    return {key: end for key, end in ends.items() if min(shares[key], 1 - shares[key]) <= EDGE}


def _spaces(ranges: Mapping[str, Range]) -> dict[str, Any]:
    return {key: _distribution(key, spread) for key, spread in ranges.items()}


def _side(space: Any, count: int) -> list[float]:
    return [_value(space, share) for share in (np.linspace(0, 1, count) if count > 1 else [0.5])]


def _value(space: Any, share: float) -> float:
    """What lies at this share, 0 to 1, of a range's length; six significant digits are enough to try, and can be read."""
    return float(f"{space.ppf(share):.6g}")


def _distribution(key: str, spread: Range) -> Any:
    from scipy.stats import loguniform, uniform

    match dict(spread):
        case {"uniform": [low, high], **rest} if not rest and low < high < inf:
            return uniform(low, high - low)
        case {"log_uniform": [low, high], **rest} if not rest and 0 < low < high < inf:
            return loguniform(low, high)
    raise ConfigError(
        f"{key}: a range is written as 'uniform: [low, high]' or, from a low above 0, 'log_uniform: [low, high]', "
        f"not {dict(spread)}"
    )


def folds(base: RunConfig, setting: Setting, count: int) -> list[RunConfig]:
    """The runs of one k-fold cross-validation: every training example is held out exactly once (stratified by class).

    Args:
        base: the configuration that is varied.
        setting: the values under test.
        count: number of folds, k.
    """
    return [with_changes(base, setting | {"data.fold": fold, "data.folds": count}, "folds") for fold in range(count)]
