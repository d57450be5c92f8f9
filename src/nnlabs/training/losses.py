"""The losses of the course, each a function of logits (n, classes) and class numbers (n,), averaged over the batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from nnlabs.config.schema import TrainConfig

Loss = Callable[[Tensor, Tensor], Tensor]


def make_loss(train: TrainConfig) -> Loss:
    """The loss that the settings name, as a function of logits and class numbers.

    Args:
        train: `loss` and, for cross_entropy, `label_smoothing` are read.

    Returns:
        A function from logits, float (n, classes), and targets, int64 (n,), to the mean loss, a scalar in nats for
        the two cross-entropies. It computes in float32 even for bf16 logits, and in float64 for float64.

    Example:
        >>> make_loss(TrainConfig())(torch.zeros(2, 10), torch.tensor([3, 7])).item()  # ln 10
        2.3025851249694824
    """
    if train.loss == "cross_entropy":
        return partial(cross_entropy, label_smoothing=train.label_smoothing)
    return {"binary_cross_entropy": binary_cross_entropy, "mse": mse, "hinge": hinge}[train.loss]


def loss_of_ignorance(train: TrainConfig, targets: Tensor, classes: int) -> float:
    """The least loss of a network that gives every example the same logits.

    With p_k the classes' shares, the best such logits are ln((1 - ε) p_k + ε / classes) for cross-entropy with smoothing ε,
    ln p_k/(1 - p_k) for the binary one, p_k for the squared error, and for hinge the solution of a linear program. So with
    cross-entropy it is ln(classes) where all are equally frequent.

    Args:
        train: as for `make_loss`.
        targets: int64 (n,).
        classes: their number.

    Example:
        >>> loss_of_ignorance(TrainConfig(), torch.tensor([0, 1, 2, 3]), 4)  # ln 4
        1.3862943611198906
    """
    loss_function, smoothing = make_loss(train), train.label_smoothing
    shares = torch.bincount(targets, minlength=classes).double() / len(targets)
    best = {
        # A class that is not there would get -∞.
        "cross_entropy": lambda: ((1 - smoothing) * shares + smoothing / classes).clamp(min=1e-12).log(),
        "binary_cross_entropy": lambda: shares.logit(eps=1e-12),
        "mse": lambda: shares,
        "hinge": lambda: _best_for_hinge(shares),
    }[train.loss]()
    return loss_function(best.expand(len(targets), -1), targets).item()


def _best_for_hinge(shares: Tensor) -> Tensor:
    """Constant logits z of least hinge loss, Σ_k p_k Σ_(j ≠ k) m_kj, where m_kj ≥ 0 and m_kj ≥ 1 - z_k + z_j: a linear program."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import eye, hstack

    classes = len(shares)
    k, j = np.nonzero(~np.eye(classes, dtype=bool))
    one, margins = eye(classes, format="csr"), eye(len(k))
    costs = np.concatenate([np.zeros(classes), shares.numpy()[k]])
    bounds = [(None, None)] * classes + [(0, None)] * len(k)
    # z_j - z_k - m_kj ≤ -1
    solved = linprog(costs, A_ub=hstack([one[j] - one[k], -margins]), b_ub=-np.ones(len(k)), bounds=bounds)
    return torch.from_numpy(solved.x[:classes])


def cross_entropy(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy between the target distribution q and the softmax p of the logits: -Σ_k q_k ln p_k.

    Without smoothing q is 1 at the target. With smoothing ε it is (1 - ε) of that plus ε / classes everywhere
    (Szegedy et al. 2015, arXiv:1512.00567).

    Args:
        logits: float (n, classes).
        targets: int64 (n,).
        label_smoothing: ε.
    """
    return F.cross_entropy(_precise(logits), targets, label_smoothing=label_smoothing)


def binary_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """One yes-or-no question a class: -Σ_k [y_k ln σ(z_k) + (1 - y_k) ln(1 - σ(z_k))] / classes, y the one-hot target.

    Args:
        logits: float (n, classes).
        targets: int64 (n,).
    """
    return F.binary_cross_entropy_with_logits(_precise(logits), one_hot(targets, logits))


def mse(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error between the raw logits, no softmax, and the one-hot target: Σ_k (z_k - y_k)² / classes.

    On softmax probabilities the gradient would vanish for confident mistakes; on logits it cannot
    (Hui and Belkin 2020, arXiv:2006.07322).

    Args:
        logits: float (n, classes).
        targets: int64 (n,).
    """
    return F.mse_loss(_precise(logits), one_hot(targets, logits))


def hinge(logits: Tensor, targets: Tensor) -> Tensor:
    """Multi-class hinge loss with margin 1: Σ_(k ≠ t) max(0, 1 - z_t + z_k) / classes (Weston and Watkins 1999).

    Args:
        logits: float (n, classes).
        targets: int64 (n,).
    """
    return F.multi_margin_loss(_precise(logits), targets)


def one_hot(targets: Tensor, logits: Tensor) -> Tensor:
    """1 at the target and 0 elsewhere, float (n, classes).

    Args:
        targets: int64 (n,).
        logits: float (n, classes), for the number of classes.
    """
    return F.one_hot(targets, logits.shape[1]).to(_precise(logits).dtype)


def _precise(logits: Tensor) -> Tensor:
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
