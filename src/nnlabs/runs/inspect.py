"""Look at a run's network: with its trained weights on the test split, at its first layer, at its size. It imports torch."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from torch import nn

from nnlabs.config.schema import RunConfig
from nnlabs.models.summary import format_summary, summarize
from nnlabs.records import write_json
from nnlabs.runs.learner import Learner, make_learner
from nnlabs.runs.run import Run
from nnlabs.runs.weights import load_weights
from nnlabs.training.evaluate import Predictions
from nnlabs.training.metrics import measure


def open_trained(run: Run) -> Learner:
    """A finished run's network, with its weights, and its data.

    Args:
        run: a run that is done.

    Raises:
        RunError: where its checkpoint is damaged or gone.
    """
    learner = make_learner(run.begun_config)
    load_weights(learner.model, run)
    return learner


def first_layer(run: Run) -> NDArray[np.float32] | None:
    """The weights of a finished run's first layer, shape (units, inputs): a row is what one unit looks for.

    Args:
        run: a run that is done.

    Returns:
        None where the network does not begin with a linear layer over all inputs.
    """
    learner = open_trained(run)
    layers = (layer for layer in learner.model.modules() if any(True for _ in layer.parameters(recurse=False)))
    first = next(layers, None)
    if not isinstance(first, nn.Linear) or first.in_features != math.prod(learner.splits.train.shape):
        return None
    return first.weight.detach().cpu().numpy()


def count_model(run: Run) -> tuple[int, int]:
    """Parameters of a run's network, and multiply-adds that it takes to classify one image.

    Args:
        run: done or not.
    """
    learner = make_learner(run.begun_config)
    rows = summarize(learner.model, learner.splits.train.shape)
    return sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)


def describe_model(config: RunConfig) -> str:
    """A run's network as a table: layers with output shapes, parameters and multiply-adds.

    Args:
        config: the run.
    """
    learner = make_learner(config)
    return format_summary(summarize(learner.model, learner.splits.train.shape))


def evaluate_on_test(run: Run) -> Predictions:
    """Read the test split with the weights that the run ended with, and note the outcome in `test.json`.

    To be called for a run that was chosen without it, and at the very end: whatever selects sees validation only.

    Args:
        run: a run that is done.

    Returns:
        Logits and targets of the test split.
    """
    learner = open_trained(run)
    predictions = learner.predict(learner.splits.test)
    measures = measure(predictions.logits.numpy(), predictions.targets.numpy())
    write_json(run.folder / "test.json", asdict(measures))
    return predictions
