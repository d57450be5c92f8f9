"""The perceptron's learning rule, in NumPy alone: look at one example after another, and learn from mistakes only.

The rule is Rosenblatt's, exactly: an example is judged with the weights as they are at that moment. Only the search for the next
mistake looks at many examples at once, which changes nothing: until the next mistake is found, the weights stand still.

F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain",
Psychological Review 65 (1958).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array

LOOK_AHEAD = 64


class Learner(Protocol):
    """What `mistakes` needs to know of a model."""

    def margins(self, X: Array, y: NDArray[Any]) -> Array:
        """How clearly each example is on its right side, shape (n,); 0 or less is a mistake."""
        ...


def mistakes(learner: Learner, X: Array, y: NDArray[Any]) -> Iterator[int]:
    """Go through the examples once, in order, and stop at each mistake: the caller corrects the learner there, then goes on.

    While no mistake turns up, twice as many examples are judged at a time as before, so that a pass over n examples with m mistakes
    takes of the order of m log(n / m) steps of Python instead of n.

    Args:
        learner: judged with the weights that it has when the search comes by.
        X: examples, shape (n, d).
        y: their labels, shape (n,), in the form that the learner takes.

    Yields:
        The row of each example that is on the wrong side, or on the boundary itself.

    Example:
        >>> unit = Unit(2)
        >>> X, y = np.array([[1.0, 2.0], [-1.0, -1.0]]), np.array([1.0, -1.0])
        >>> for i in mistakes(unit, X, y):
        ...     unit.correct(X[i], y[i])
        >>> unit.w.tolist(), float(unit.b)
        ([1.0, 2.0], 1.0)
    """
    start, width = 0, LOOK_AHEAD
    while start < len(X):
        block = slice(start, start + width)
        wrong = learner.margins(X[block], y[block]) <= 0
        first = int(wrong.argmax())
        if wrong[first]:
            yield start + first
            start, width = start + first + 1, LOOK_AHEAD
        else:
            start, width = start + width, 2 * width


class Unit:
    """Rosenblatt's unit: a straight boundary w·x + b = 0 between two classes, labeled -1 and +1. It starts at zero.

    Args:
        features: number of features d.

    Attributes:
        w: weights, shape (d,), at right angles to the boundary; they point to the side of +1.
        b: bias.
    """

    def __init__(self, features: int) -> None:
        self.w: Array = np.zeros(features)
        self.b = 0.0

    def margins(self, X: Array, y: Array) -> Array:
        """The margin y (w·x + b) of each example: positive on the right side.

        Args:
            X: examples, shape (n, d).
            y: labels -1 and +1, shape (n,).

        Returns:
            Margins, shape (n,), in units of the weights.
        """
        # X * w summed along rows rather than X @ w: where X lies in memory by columns (Fortran order), NumPy then adds feature by
        # feature, as scikit-learn does. Examples exactly on the boundary are no rarity with data in tenths of a centimeter, and
        # only the same order of addition rounds them to the same side.
        #
        # mᵢ = yᵢ (w · xᵢ + b)
        margins: Array = y * ((X * self.w).sum(axis=1) + self.b)
        return margins

    def correct(self, x: Array, y: float) -> None:
        """Turn the boundary towards classifying one example rightly: the weights by y x, the bias by y.

        The weights become a new array: whoever keeps the old one, as a pocket does, keeps the old weights.

        Args:
            x: the example, shape (d,).
            y: its label, -1 or +1.
        """
        # w ← w + y x,  b ← b + y
        self.w = self.w + y * x
        self.b += y

    def learn_epoch(self, X: Array, y: Array) -> int:
        """Show each example once, in order.

        Args:
            X: examples, shape (n, d).
            y: labels -1 and +1, shape (n,).

        Returns:
            The number of mistakes made.
        """
        count = 0
        for i in mistakes(self, X, y):
            self.correct(X[i], y[i])
            count += 1
        return count

    def result(self) -> tuple[Array, float]:
        """The weights and the bias to predict with: here the last ones."""
        return self.w, self.b


class PocketUnit(Unit):
    """A unit that keeps the best weights it ever had in its pocket, for classes that no line separates.

    After each correction the new weights are tried on all examples; if they make fewer errors than those in the pocket, they take
    their place (Gallant's "ratchet"). Gallant saved time by trying only weights that had been right long in a row; here one line
    tries all examples at once.

    S. I. Gallant, "Perceptron-based learning algorithms", IEEE Transactions on Neural Networks 1 (1990).

    Args:
        features: number of features d.

    Attributes:
        errors: number of errors that the weights in the pocket make.
    """

    def __init__(self, features: int) -> None:
        super().__init__(features)
        self.pocket = self.w, self.b
        self.errors: float = np.inf

    def learn_epoch(self, X: Array, y: Array) -> int:
        """Show each example once, in order; see `Unit.learn_epoch`."""
        count = 0
        for i in mistakes(self, X, y):
            self.correct(X[i], y[i])
            # errors = Σᵢ [yᵢ (w · xᵢ + b) ≤ 0]
            errors = int(np.count_nonzero(self.margins(X, y) <= 0))
            if errors < self.errors:
                self.pocket, self.errors = (self.w, self.b), errors
            count += 1
        return count

    def result(self) -> tuple[Array, float]:
        """The weights and the bias in the pocket."""
        return self.pocket


class AveragedUnit(Unit):
    """A unit that answers with the mean of all the weights it ever had, each counted as often as it met an example.

    Weights that survive long count for much, which evens out the restless last steps where no line separates the classes.

    Y. Freund and R. E. Schapire, "Large margin classification using the perceptron algorithm", Machine Learning 37 (1999).

    Args:
        features: number of features d.

    Attributes:
        met: number of examples met so far, T.
    """

    def __init__(self, features: int) -> None:
        super().__init__(features)
        self.w_sum: Array = np.zeros(features)
        self.b_sum = 0.0
        self.met = 0

    def learn_epoch(self, X: Array, y: Array) -> int:
        """Show each example once, in order; see `Unit.learn_epoch`."""
        count = start = 0
        for i in mistakes(self, X, y):
            self.count(i - start)
            self.correct(X[i], y[i])
            start = i
            count += 1
        self.count(len(X) - start)
        return count

    def count(self, examples: int) -> None:
        """Count the present weights once for each of so many examples, which leave them as they are."""
        self.w_sum += examples * self.w
        self.b_sum += examples * self.b
        self.met += examples

    def result(self) -> tuple[Array, float]:
        """The mean weights and the mean bias."""
        # w̄ = (1/T) Σₜ wₜ  over the T examples met so far
        return self.w_sum / self.met, self.b_sum / self.met


class Machine:
    """One unit a class, learning together: the class whose unit answers loudest wins, and only winner and true class learn.

    R. O. Duda and P. E. Hart, "Pattern Classification and Scene Analysis" (1973), section 5.12 (Kesler's construction).

    Args:
        features: number of features d.
        classes: number of classes K.

    Attributes:
        w: weights, shape (K, d).
        b: biases, shape (K,).
    """

    def __init__(self, features: int, classes: int) -> None:
        self.w: Array = np.zeros((classes, features))
        self.b: Array = np.zeros(classes)

    def margins(self, X: Array, y: NDArray[np.int64]) -> Array:
        """How far the true class's score is ahead of the best other one; 0 or less is a mistake.

        Args:
            X: examples, shape (n, d).
            y: class numbers, shape (n,).
        """
        scores = X @ self.w.T + self.b
        rows = np.arange(len(X))
        true = scores[rows, y]
        scores[rows, y] = -np.inf
        # mᵢ = s(yᵢ) − max s(k) over k ≠ yᵢ,  where s(k) = wₖ · xᵢ + bₖ
        margins: Array = true - scores.max(axis=1)
        return margins

    def correct(self, x: Array, y: int) -> None:
        """Raise the true class's score, lower that of the rival that beat it.

        Args:
            x: the example, shape (d,).
            y: its class number.
        """
        scores = self.w @ x + self.b
        scores[y] = -np.inf
        rival = scores.argmax()
        # w_y ← w_y + x,  w_r ← w_r − x,  and so the biases with 1 for x
        self.w[y] += x
        self.w[rival] -= x
        self.b[y] += 1
        self.b[rival] -= 1

    def learn_epoch(self, X: Array, y: NDArray[np.int64]) -> int:
        """Show each example once, in order.

        Args:
            X: examples, shape (n, d).
            y: class numbers, shape (n,).

        Returns:
            The number of mistakes made.
        """
        count = 0
        for i in mistakes(self, X, y):
            self.correct(X[i], int(y[i]))
            count += 1
        return count
