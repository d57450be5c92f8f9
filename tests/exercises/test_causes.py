"""Right solutions other than the labs' own pass, and no mistake is told a cause that is not its own."""

from __future__ import annotations

import pytest

from nnlabs.exercises.catalog import find
from nnlabs.exercises.checking import Report
from nnlabs.exercises.exercise import Mistake
from nnlabs.exercises.source import solution
from tests.exercises.test_mistakes import check

ORDER = "order = np.random.default_rng(seed).permutation(len(y))"


def changed(name: str, old: str, new: str) -> Report:
    exercise = find(name)
    return check(exercise, Mistake("changed", "", ((old, new),)).plant(solution(exercise)))


def test_a_dropout_of_0_may_stand_where_none_is_wanted() -> None:
    made = "layers += [Dropout(dropout, rng)] if dropout else []"
    assert changed("mlp_forward", made, "layers.append(Dropout(dropout, rng))").status == "passed"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "k_fold",
            "return left, held_out",
            f"{ORDER}\n    return np.setdiff1d(order, order[fold - 1 :: folds]), order[fold - 1 :: folds]",
        ),
        ("k_fold", "return left, held_out", f"{ORDER}\n    return np.split(order, [len(y) // 2])"),
        ("training_step", "error.item()", "int(error.item())"),
        ("lr_range", "STANDARD_ERRORS * error", "4.5 * error"),
        ("lr_range", "np.median(np.abs(np.diff(", "np.std((np.diff("),
        ("lr_range", "math.sqrt(3 / (2 * math.sqrt(math.pi) * window))", "3 / (2 * math.sqrt(math.pi) * window)"),
    ],
)
def test_no_cause_is_better_than_a_false_one(name: str, old: str, new: str) -> None:
    first = changed(name, old, new).first
    assert first is not None and first.problem is not None
    assert (first.status, first.problem.cause) == ("wrong", "")
