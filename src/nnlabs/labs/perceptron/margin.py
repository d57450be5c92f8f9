"""What theory promises: how many mistakes a perceptron can make at most before it has separated two classes.

A. B. J. Novikoff, "On convergence proofs on perceptrons", Symposium on the Mathematical Theory of Automata 12 (1962).

The theorem speaks of a perceptron without bias. Ours has one, and it is a weight like the others if each example x is written as
x̃ = (x, 1) and the weights as w̃ = (w, b): w̃·x̃ = w·x + b, and the rule w̃ ← w̃ + y x̃ changes w and b as it should. R and γ must be
taken in that space, with one dimension more than the features have; in the space of x alone the bound may fail.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from nnlabs.arrays import Array


@dataclass(frozen=True)
class Margin:
    """How far two classes are apart, beside how far out they lie; both in the space of x̃ = (x, 1).

    Args:
        w: weights of the widest separating boundary through the origin of that space, shape (d + 1,), the bias last, length 1.
        gamma: γ, distance of the nearest example from it, in units of the features.
        radius: R, length of the longest example.
    """

    w: Array
    gamma: float
    radius: float

    @property
    def bound(self) -> float:
        """Most mistakes that any order of the examples can bring about, (R / γ)²."""
        # Each mistake adds at least γ to w̃·u, where u is the unit vector `w`, and at most R² to |w̃|². After M mistakes
        # therefore Mγ ≤ w̃·u ≤ |w̃| ≤ R√M, that is, M ≤ (R / γ)².
        return (self.radius / self.gamma) ** 2


def measure_margin(X: Array, y: Array) -> Margin:
    """Measure R and γ of two classes, by a hard-margin linear support vector machine.

    The bound holds for every separating boundary, not only for the widest: γ is measured at the boundary that the machine found,
    so that even if it stopped a little early the bound is true, only larger than it need be.

    Args:
        X: examples, shape (n, d).
        y: labels -1 and +1, shape (n,).

    Returns:
        The margin.

    Raises:
        ValueError: when no boundary was found that separates the classes.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    augmented = np.column_stack([X, np.ones(len(X))])
    # min ½ |w̃|² + C Σᵢ max(0, 1 − yᵢ w̃·x̃ᵢ): errors this dear leave the hard margin.
    machine = LinearSVC(loss="hinge", C=1e6, fit_intercept=False, tol=1e-8, max_iter=1_000_000, random_state=0)
    with warnings.catch_warnings():
        # A machine that stops early is no worry: either it separates the classes, or the error below says that it does not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        w = machine.fit(augmented, y).coef_[0]
    return margin_of(w, X, y)


def margin_of(w: Array, X: Array, y: Array) -> Margin:
    """R and γ of two classes at a given boundary.

    Args:
        w: weights of the boundary, of any length but 0, shape (d + 1,), the bias last.
        X: examples, shape (n, d).
        y: labels -1 and +1, shape (n,).

    Returns:
        The margin; its weights are w, scaled to length 1.

    Raises:
        ValueError: when the boundary does not separate the classes.
    """
    augmented = np.column_stack([X, np.ones(len(X))])
    u = w / np.linalg.norm(w)
    # γ = minᵢ yᵢ u·x̃ᵢ  for |u| = 1
    gamma = float((y * (augmented @ u)).min())
    if gamma <= 0:
        raise ValueError(
            "no straight boundary was found that separates the two classes, so there is no margin and no bound on the mistakes"
        )
    # R = maxᵢ |x̃ᵢ|
    radius = float(np.linalg.norm(augmented, axis=1).max())
    return Margin(u, gamma, radius)
