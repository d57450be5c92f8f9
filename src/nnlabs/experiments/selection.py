"""Three ways to choose settings on validation: a grid, random search, and k-fold cross-validation; scikit-learn's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.errors import ConfigError

Setting = dict[str, Any]
Range = Mapping[str, Sequence[float]]


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

    Raises:
        ConfigError: for a range that is neither, or whose ends are not in order.
    """
    from sklearn.model_selection import ParameterSampler

    spaces = {key: _distribution(key, spread) for key, spread in ranges.items()}
    drawn = ParameterSampler(spaces, n_iter=trials, random_state=seed)
    return [{key: float(value) for key, value in setting.items()} for setting in drawn]


def _distribution(key: str, spread: Range) -> Any:
    from scipy.stats import loguniform, uniform

    match dict(spread):
        case {"uniform": [low, high], **rest} if not rest and low < high:
            return uniform(low, high - low)
        case {"log_uniform": [low, high], **rest} if not rest and 0 < low < high:
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
