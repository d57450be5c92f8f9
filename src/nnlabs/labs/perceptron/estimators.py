"""Perceptrons with scikit-learn's estimator interface: they go wherever a classifier goes, into a Pipeline or a GridSearchCV.

The learning rule itself, without anything around it, is in `nnlabs.scratch.perceptron_rule`. This module imports scikit-learn's
base classes, which takes over a second: import it where it is used, not at the top of a program that must answer at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nnlabs.arrays import Array
from nnlabs.scratch.perceptron_rule import AveragedUnit, Machine, PocketUnit, Unit


class Perceptron(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Rosenblatt's perceptron: w ← w + y x for each example x, labeled y = ±1, that w·x + b puts on the wrong side.

    Two classes share one boundary. For more, one unit a class learns to tell it from all others, and the largest score wins
    (one-vs-rest). Where a boundary without errors exists, it is found after finitely many mistakes (lab 1, act 2),
    and learning stops; where none exists, the weights never settle: see `PocketPerceptron` and `AveragedPerceptron`.

    With the same order of examples the weights equal those of `sklearn.linear_model.Perceptron` after every epoch. There is no
    learning rate: weights that start at zero would only be scaled by it, and the boundary stay where it is.

    Args:
        max_iter: most epochs, that is, passes over the examples.
        shuffle: whether each epoch shows the examples in a new order.
        random_state: seed of those orders.

    Attributes:
        coef_: weights, shape (1, d) for two classes, else (K, d).
        intercept_: biases, shape (1,) or (K,).
        classes_: the labels, sorted; a positive score means the second of two.
        mistakes_: number of mistakes in each epoch, over all units.
        converged_: whether the last epoch was without mistakes.
        n_iter_: number of epochs.

    Example:
        >>> Perceptron().fit([[0, 0], [0, 1], [1, 0], [1, 1]], ["no", "no", "no", "yes"]).predict([[1, 1], [0, 1]])
        array(['yes', 'no'], dtype='<U3')
    """

    _unit: ClassVar[type[Unit]] = Unit

    def __init__(
        self, *, max_iter: int = 100, shuffle: bool = True, random_state: int | RandomState | None = 0
    ) -> None:
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from the examples until an epoch passes without a mistake, or `max_iter` epochs have passed.

        Args:
            X: examples, shape (n, d).
            y: labels, shape (n,).

        Returns:
            The estimator itself.

        Raises:
            ValueError: for fewer than two classes, values that are not finite, shapes that do not fit, a bad `max_iter`.
        """
        examples, numbers = self._check(X, y)
        pairs = self._start(examples.shape[1], numbers)
        self.mistakes_: list[int] = []
        for order in self._orders(len(examples)):
            # By columns, so that margins are summed as scikit-learn sums them (see `Unit.margins`).
            shown = np.asfortranarray(examples[order])
            self.mistakes_.append(sum(learner.learn_epoch(shown, labels[order]) for learner, labels in pairs))
            if self.mistakes_[-1] == 0:
                break
        self.n_iter_ = len(self.mistakes_)
        self.converged_ = self.mistakes_[-1] == 0
        self.coef_, self.intercept_ = self._finish([learner for learner, _ in pairs])
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        """The score w·x + b of each example, shape (n,) for two classes, else one a class, shape (n, K).

        Args:
            X: examples, shape (n, d).
        """
        check_is_fitted(self)
        scores: Array = validate_data(self, X, dtype=np.float64, reset=False) @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The label of each example, shape (n,).

        Args:
            X: examples, shape (n, d).
        """
        scores = self.decision_function(X)
        numbers = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[numbers]
        return labels

    def _check(self, X: ArrayLike, y: ArrayLike) -> tuple[Array, NDArray[np.int64]]:
        examples, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs examples of at least two classes, but y has one class only: {self.classes_[0]!s}"
            )
        if not (isinstance(self.max_iter, Integral) and self.max_iter >= 1):
            raise ValueError(
                f"max_iter counts passes over the examples and must be a whole number, 1 or more, not {self.max_iter!r}"
            )
        return examples, numbers

    def _orders(self, n: int) -> Iterator[NDArray[np.int64]]:
        rng = check_random_state(self.random_state)
        for _ in range(self.max_iter):
            yield rng.permutation(n) if self.shuffle else np.arange(n)

    def _start(self, features: int, numbers: NDArray[np.int64]) -> list[tuple[Any, NDArray[Any]]]:
        """The units before learning, each with the labels that it learns."""
        positives = [1] if len(self.classes_) == 2 else range(len(self.classes_))
        return [(self._unit(features), np.where(numbers == positive, 1.0, -1.0)) for positive in positives]

    def _finish(self, units: list[Any]) -> tuple[Array, Array]:
        """The weights and the biases to predict with."""
        weights, biases = zip(*(unit.result() for unit in units), strict=True)
        return np.array(weights), np.array(biases)


class PocketPerceptron(Perceptron):
    """A perceptron that ends with the best weights it met instead of the last: for classes that no line separates.

    Gallant's pocket algorithm with ratchet; see `nnlabs.scratch.perceptron_rule.PocketUnit` for the rule and the paper,
    `Perceptron` for arguments and attributes.
    """

    _unit = PocketUnit


class AveragedPerceptron(Perceptron):
    """A perceptron that ends with the mean of all weights it had, each counted as often as it met an example.

    Freund and Schapire's averaged perceptron; see `nnlabs.scratch.perceptron_rule.AveragedUnit` for the rule and the paper,
    `Perceptron` for arguments and attributes. The weights equal those of scikit-learn's `SGDClassifier(loss="perceptron",
    average=True)` with a constant learning rate of 1, without penalty, after `max_iter` epochs: it goes on after one without
    mistakes. There the weights stand still, so that here the epochs that are left are not walked through, only counted.
    """

    _unit = AveragedUnit

    def _finish(self, units: list[Any]) -> tuple[Array, Array]:
        for unit in units:
            examples = unit.met // self.n_iter_
            unit.count(examples * (self.max_iter - self.n_iter_))
        return super()._finish(units)


class MulticlassPerceptron(Perceptron):
    """A perceptron whose classes learn together: only the true class and the rival that beat it are corrected.

    Where one-vs-rest asks that each class be separable from all others by itself, this asks only that the true class's score be the
    largest. See `nnlabs.scratch.perceptron_rule.Machine` for the rule and its source, `Perceptron` for arguments and attributes.
    """

    def _start(self, features: int, numbers: NDArray[np.int64]) -> list[tuple[Any, NDArray[Any]]]:
        return [(Machine(features, len(self.classes_)), numbers)]

    def _finish(self, units: list[Any]) -> tuple[Array, Array]:
        (machine,) = units
        if len(self.classes_) == 2:
            return np.diff(machine.w, axis=0), np.diff(machine.b)
        return machine.w, machine.b
