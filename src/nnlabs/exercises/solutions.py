"""The one table of solutions: each is a function of this package that the labs run, so an exercise cannot drift from them.

By the exercise's name, in the order of the labs; in it, by the name that the function has in the learner's file. A rename in
the package is one line here.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SOLUTIONS: dict[str, dict[str, str]] = {
    "perceptron_predict": {"margins": "nnlabs.scratch.perceptron_rule.Unit.margins"},
    "perceptron_update": {"correct": "nnlabs.scratch.perceptron_rule.Unit.correct"},
    "novikoff": {
        "margin_of": "nnlabs.labs.perceptron.margin.margin_of",
        "bound": "nnlabs.labs.perceptron.margin.Margin.bound",
    },
    "scalar_backward": {"div": "nnlabs.scratch.ops.div"},
    "topological_order": {"topological_order": "nnlabs.scratch.graph.Node.topological_order"},
    "accumulate": {"to_parents": "nnlabs.scratch.graph.Node._propagate"},
    "unbroadcast": {"unbroadcast": "nnlabs.scratch.graph._unbroadcast"},
    "activations": {
        "tanh": "nnlabs.scratch.ops.tanh",
        "leaky_relu": "nnlabs.scratch.rectifying.leaky_relu",
        "elu": "nnlabs.scratch.rectifying.elu",
    },
    "softmax_cross_entropy": {
        "stable_log_softmax": "nnlabs.scratch.squashing.stable_log_softmax",
        "cross_entropy": "nnlabs.scratch.losses.cross_entropy",
    },
    "initialization": {"xavier": "nnlabs.scratch.init.xavier", "he": "nnlabs.scratch.init.he"},
    "linear_layer": {"linear": "nnlabs.scratch.layer_rules.linear"},
    "mlp_forward": {
        "Sequential": "nnlabs.scratch.layers.Sequential.__call__",
        "MLP": "nnlabs.scratch.layers.MLP.__init__",
    },
    "training_step": {"training_step": "nnlabs.scratch.training.training_step"},
    "penalties": {
        "shrink_": "nnlabs.training.penalties.shrink_",
        "soft_threshold_": "nnlabs.training.penalties.soft_threshold_",
    },
    "dropout": {"dropout": "nnlabs.scratch.layer_rules.dropout"},
    "early_stopping": {
        "best_epoch": "nnlabs.training.patience.best_epoch",
        "is_over": "nnlabs.training.patience.is_over",
    },
    "batch_norm": {"batch_norm": "nnlabs.scratch.layer_rules.batch_norm"},
    "split": {"hold_out": "nnlabs.data.rows.hold_out", "standardize": "nnlabs.data.tabular.standardize"},
    "k_fold": {"one_fold": "nnlabs.data.rows.one_fold"},
    "momentum": {"change": "nnlabs.scratch.optim.Momentum.change"},
    "adam": {"change": "nnlabs.scratch.optim.Adam.change"},
    "adamw": {"AdamW": "nnlabs.scratch.optim.AdamW.step"},
    "cosine_warmup": {"cosine_with_warmup": "nnlabs.scratch.schedule.cosine_with_warmup"},
    "lr_range": {
        "first_diverged": "nnlabs.training.lr_range._first_diverged",
        "find_halfway": "nnlabs.training.lr_range.find_halfway",
    },
    "random_search": {"random_search": "nnlabs.sweeps.search.random_search"},
    "fair_comparison": {"differences_from_first": "nnlabs.stats.many_to_one.differences_from_first"},
}


@contextmanager
def plugged_in(exercise: str, function: Callable[..., Any]) -> Iterator[None]:
    """Inside, the package runs a learner's function in place of its own.

    Args:
        exercise: the exercise's name; its only solution is replaced.
        function: what replaces it.
    """
    (path,) = SOLUTIONS[exercise].values()
    owner_path, _, attribute = path.rpartition(".")
    owner = pkgutil.resolve_name(owner_path)
    kept = getattr(owner, attribute)
    setattr(owner, attribute, function)
    try:
        yield
    finally:
        setattr(owner, attribute, kept)
