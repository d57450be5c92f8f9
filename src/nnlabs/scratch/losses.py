"""Losses: one number that says how wrong predictions are, the mean over all of them.

A loss is an operation like those in `ops`: the value, and the gradient for the predictions. Targets are constants: NumPy arrays.

Example:
    >>> logits = Tensor([[2.0, 0.0], [0.0, 2.0]])  # two examples, two classes
    >>> loss = cross_entropy(logits, [0, 1])
    >>> loss.backward()
    >>> print(f"{loss:.4f}")
    0.1269
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.arrays import Array
from nnlabs.scratch.ops import Rule, operation
from nnlabs.scratch.squashing import stable_log_softmax, stable_sigmoid
from nnlabs.scratch.tensor import Tensor, apply

Targets: TypeAlias = Literal["numbers", "signs", "bits", "classes"]


@dataclass(frozen=True)
class Loss:
    """A loss and what is known about it; call it with predictions and targets.

    Args:
        rule: the function of arrays `(predictions, targets=...)`, as in `ops`.
        targets: what it is compared with: `numbers`; `signs` (-1 or 1); `bits` (0 or 1); or `classes`, a whole number from 0 for
            each row of predictions. The first three have the predictions' shape.
        formula: the loss of one prediction p with target t.
        torch: the same as a PyTorch expression in p and t (F is torch.nn.functional).
    """

    rule: Rule
    targets: Targets
    formula: str
    torch: str

    @property
    def name(self) -> str:
        """The name in `LOSSES`."""
        return self.rule.__name__

    def __call__(self, predictions: Tensor, targets: ArrayLike, **constants: Any) -> Tensor:
        """Compute the mean loss.

        Args:
            predictions: shape (n, ...), for classes (n, number of classes).
            targets: the truth, of the same shape, for classes (n,).
            **constants: options of the loss by name.

        Raises:
            TypeError: when the predictions are no tensor, or the targets one.
            ValueError: when the shapes do not fit, there are no predictions, or a target is none that the loss knows.
        """
        if not isinstance(predictions, Tensor):
            raise TypeError(f"{self.name}: predictions must be a Tensor, not {type(predictions).__name__}.")
        if isinstance(targets, Tensor):
            raise TypeError(f"{self.name}: targets are constants; pass the array, targets.data, instead of the tensor.")
        if not predictions.data.size:
            raise ValueError(f"{self.name}: there are no predictions, so there is no mean loss: is the batch empty?")
        checked = _CHECKS[self.targets](self.name, predictions.data, targets)
        return apply(self.rule, predictions, targets=checked, **constants)

    def __reduce__(self) -> tuple[Any, ...]:
        # the name stands for the entry, whose rule, hidden behind its decorator, pickle would not find
        return _by_name, (self.name,)


LOSSES: dict[str, Loss] = {}


def _by_name(name: str) -> Loss:
    """The entry of the table, for pickles."""
    if name not in LOSSES:
        raise ValueError(f"this pickle needs the loss {name!r}: import the file that defines it first.")
    return LOSSES[name]


def loss(targets: Targets, formula: str, torch: str) -> Callable[[Rule], Loss]:
    """Decorator that makes a rule a `Loss` and enters it into `LOSSES` and into the table of operations."""

    def enter(rule: Rule) -> Loss:
        entry = Loss(operation(rule), targets, formula, torch)
        LOSSES[entry.name] = entry
        return entry

    return enter


def _numbers(name: str, predictions: Array, targets: ArrayLike) -> Array:
    """The targets, if they have the predictions' shape: (n,) against (n, 1) would compare every one with every other."""
    array = np.asarray(targets, predictions.dtype)
    if predictions.shape != array.shape:
        raise ValueError(
            f"{name}: predictions of shape {predictions.shape} need targets of that shape, not {array.shape}."
        )
    return array


def _signs(name: str, predictions: Array, targets: ArrayLike) -> Array:
    """The targets, if all are -1 or 1."""
    array = _numbers(name, predictions, targets)
    if np.count_nonzero(array * array != 1):
        raise ValueError(f"{name}: targets must be -1 or 1; labels 0 and 1 are turned into these by 2 * y - 1.")
    return array


def _bits(name: str, predictions: Array, targets: ArrayLike) -> Array:
    """The targets, if all lie from 0 to 1."""
    array = _numbers(name, predictions, targets)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name}: targets must lie from 0 to 1; labels -1 and 1 are turned into these by (y + 1) / 2.")
    return array


def _classes(name: str, predictions: Array, targets: ArrayLike) -> Array:
    """The targets, if they hold a class for each row of predictions."""
    array = np.asarray(targets)
    if predictions.ndim != 2 or array.shape != predictions.shape[:1]:
        raise ValueError(
            f"{name}: predictions need shape (n, classes) and targets (n,), not {predictions.shape} and {array.shape}."
        )
    classes = predictions.shape[1]
    if array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"{name}: targets must be whole numbers from 0 to {classes - 1}, one for each row of predictions."
        )
    return array


_CHECKS: dict[Targets, Callable[[str, Array, ArrayLike], Array]] = {
    "numbers": _numbers,
    "signs": _signs,
    "bits": _bits,
    "classes": _classes,
}

# ---- Regression


@loss("numbers", "(p - t)²", "F.mse_loss(p, t)")
def mse(predictions: Array, /, *, targets: Array) -> tuple[Any, ...]:
    """Mean squared error; its best constant is the mean."""
    error = predictions - targets
    # dL/dp = 2 (p - t) / n
    return np.square(error).sum() / error.size, lambda g: g * 2 * error / error.size


@loss("numbers", "|p - t|", "F.l1_loss(p, t)")
def mae(predictions: Array, /, *, targets: Array) -> tuple[Any, ...]:
    """Mean absolute error; its best constant is the median, so that outliers pull no more than others."""
    error = predictions - targets
    # dL/dp = sign(p - t) / n
    return np.abs(error).mean(), lambda g: g * np.sign(error) / error.size


@loss("numbers", "(p - t)²/2 if |p - t| < d else d (|p - t| - d/2)", "F.huber_loss(p, t)")
def huber(predictions: Array, /, *, targets: Array, delta: float = 1.0) -> tuple[Any, ...]:
    """Squared error near 0, absolute error beyond delta (Huber 1964)."""
    error = predictions - targets
    near = np.clip(error, -delta, delta)
    # with e clipped to ±d: L = c (e - c/2), and dL/dp = c / n
    return (near * (error - near / 2)).mean(), lambda g: g * near / error.size


# ---- Classification, from scores (logits): no sigmoid or softmax before these


@loss("bits", "log(1 + exp(p)) - t p", "F.binary_cross_entropy_with_logits(p, t)")
def binary_cross_entropy(logits: Array, /, *, targets: Array) -> tuple[Any, ...]:
    """-t log σ(p) - (1 - t) log(1 - σ(p)), for two classes and any target from 0 to 1."""
    # log(1 + eᵖ) = max(p, 0) + log(1 + e^-|p|) overflows nowhere
    losses = np.maximum(logits, 0) - targets * logits + np.log1p(np.exp(-np.abs(logits)))
    # dL/dp = (σ(p) - t) / n
    return losses.mean(), lambda g: g * (stable_sigmoid(logits) - targets) / logits.size


@loss("classes", "-log softmax(p)[t]", "F.cross_entropy(p, t)")
def cross_entropy(logits: Array, /, *, targets: Array) -> tuple[Any, ...]:
    """Minus the log of the probability that softmax gives to the right class, the mean over the examples."""
    log_p = stable_log_softmax(logits)
    n = len(logits)
    right = np.arange(n), targets

    def back(g: Array) -> Array:
        # dL/dp = (softmax(p) - onehot(t)) / n
        slope: Array = np.exp(log_p)
        slope[right] -= 1
        return g * slope / n

    return -log_p[right].mean(), back


@loss("signs", "max(0, 1 - t p)", "torch.relu(1 - t * p).mean()")
def hinge(scores: Array, /, *, targets: Array) -> tuple[Any, ...]:
    """Hinge loss for two classes: 0 once a score is on the right side with a margin of 1 (Cortes & Vapnik 1995)."""
    margins = 1 - targets * scores
    # dL/dp = -t / n where the margin is missed, else 0
    return np.maximum(margins, 0.0).sum() / margins.size, lambda g: (margins > 0) * targets * (-g / margins.size)


@loss("classes", "Σⱼ max(0, 1 - p[t] + p[j]) / classes, over j ≠ t", "F.multi_margin_loss(p, t)")
def multiclass_hinge(scores: Array, /, *, targets: Array) -> tuple[Any, ...]:
    """Hinge loss for several classes: the right score should exceed each other by 1 (Weston & Watkins 1999)."""
    right = np.arange(len(scores)), targets
    margins = 1 - scores[right][:, None] + scores
    margins[right] = 0

    def back(g: Array) -> Array:
        # each missed margin pushes its own score down by 1/(n classes) and the right one up by as much
        slope: Array = (margins > 0).astype(scores.dtype)
        slope[right] = -slope.sum(axis=1)
        return g * slope / scores.size

    return np.maximum(margins, 0).sum() / scores.size, back


# ---- Penalties


def l2_penalty(parameters: Sequence[Tensor]) -> Tensor:
    """The penalty Σ w², to be added to a loss.

    Args:
        parameters: all the w; of a model `model.parameters()`.

    Example:
        >>> l2_penalty([Tensor([1.0, 2.0]), Tensor(3.0)]).item()
        14.0
    """
    return apply(sum_of_squares, *parameters)


@operation
def sum_of_squares(*arrays: Array) -> tuple[Any, ...]:
    """Σ x² over all elements of all arrays."""
    # d(Σ x²)/dx = 2x
    return sum((np.vdot(x, x) for x in arrays), start=0.0), *((lambda g, x=x: g * 2 * x) for x in arrays)
