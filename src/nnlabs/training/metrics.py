"""What a classifier's predictions are worth, from its logits and the true classes as NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlabs.arrays import Array

Targets = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Measures:
    """How well predictions fit. Plain numbers, so that `dataclasses.asdict` of it can be written as JSON.

    Args:
        loss: cross-entropy in nats, whatever loss was trained.
        accuracy: share of examples whose class has the largest logit.
        top_3: share of examples whose class is among the three largest logits.
        calibration_error: see `calibration_error`.
        precision: of each class: share of those taken for it that are of it; 0 where none was.
        recall: of each class: share of its examples that are found; 0 where there are none.
        f1: of each class: harmonic mean of precision and recall; 0 where both are.
        confusion: number of examples of class i that were taken for class j, at `[i][j]`.
    """

    loss: float
    accuracy: float
    top_3: float
    calibration_error: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]


def measure(logits: Array, targets: Targets) -> Measures:
    """All measures of one set of predictions.

    Args:
        logits: (n, classes).
        targets: class numbers (n,).

    Example:
        >>> measure(np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]), np.array([0, 1, 1])).confusion
        ((1, 0), (1, 1))
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    classes = np.arange(logits.shape[1])
    predicted = logits.argmax(1)
    precision, recall, f1, _ = precision_recall_fscore_support(targets, predicted, labels=classes, zero_division=0)
    return Measures(
        loss=cross_entropy(logits, targets),
        accuracy=accuracy(logits, targets),
        top_3=top_k(logits, targets, 3),
        calibration_error=calibration_error(logits, targets),
        precision=tuple(precision.tolist()),
        recall=tuple(recall.tolist()),
        f1=tuple(f1.tolist()),
        confusion=tuple(tuple(row) for row in confusion_matrix(targets, predicted, labels=classes).tolist()),
    )


def cross_entropy(logits: Array, targets: Targets) -> float:
    """Mean negative log-likelihood of the true classes in nats: -mean ln softmax(z)_t.

    Args:
        logits: (n, classes).
        targets: class numbers (n,).
    """
    return float(-_log_softmax(logits)[np.arange(len(targets)), targets].mean())


def accuracy(logits: Array, targets: Targets) -> float:
    """Share of examples whose class has the largest logit, from 0 to 1; of equal logits the first class counts.

    Args:
        logits: (n, classes).
        targets: class numbers (n,).
    """
    return float((logits.argmax(1) == targets).mean())


def top_k(logits: Array, targets: Targets, k: int) -> float:
    """Share of examples whose class is among the k largest logits, from 0 to 1; 1 for k classes or fewer.

    Args:
        logits: (n, classes).
        targets: class numbers (n,).
        k: how many guesses each example has.
    """
    best = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    return float((best == targets[:, None]).any(1).mean())


def calibration_error(logits: Array, targets: Targets, bins: int = 15) -> float:
    """Expected calibration error: how far confidence and accuracy lie apart (Guo et al. 2017, arXiv:1706.04599).

    ECE = Σ_b (n_b / n) |accuracy_b - confidence_b|, over bins b of equal width of the confidence, which is the largest
    softmax probability. 0 is perfect: of all predictions made with 80 % confidence, 80 % are right.

    Args:
        logits: (n, classes).
        targets: class numbers (n,).
        bins: number of bins; bin i holds the confidences in ((i - 1) / bins, i / bins].
    """
    confidence, right, _ = calibration_bins(logits, targets, bins)
    # n_b (accuracy_b - confidence_b) is the sum over the bin of (right - confidence).
    return float(np.abs(right - confidence).sum() / len(targets))


def calibration_bins(
    logits: Array, targets: Targets, bins: int = 15
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """What falls into each bin of the confidence, the largest softmax probability, in bins of equal width.

    Args:
        logits: (n, classes).
        targets: class numbers (n,).
        bins: number of bins; bin i holds the confidences in ((i - 1) / bins, i / bins].

    Returns:
        The sum of the confidences, the number of right predictions, and the number of predictions, each of shape (bins,).
    """
    confidence = softmax(logits).max(1)
    right = (logits.argmax(1) == targets).astype(np.float64)
    # A diverged network's confidence is nan; its sum then is nan, too, whatever the bin.
    bin_of = np.clip(np.ceil(np.nan_to_num(confidence) * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    return np.bincount(bin_of, confidence, bins), np.bincount(bin_of, right, bins), count


def softmax(logits: Array) -> Array:
    """Probabilities exp(z_k) / Σ_j exp(z_j), shape (n, classes).

    Args:
        logits: (n, classes).
    """
    return np.exp(_log_softmax(logits))


def _log_softmax(logits: Array) -> Array:
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    log_probabilities: Array = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return log_probabilities
