"""From runs and predictions to what the plotting room draws; the two rooms do not know each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlabs.labs.regularization.figures.calibration import Calibration
from nnlabs.labs.regularization.figures.curves import LearningCurves
from nnlabs.labs.regularization.figures.mistakes import MOST, Mistakes
from nnlabs.stats.intervals import mean_interval
from nnlabs.sweeps.results import Seeds, curves, diverged, failed, has_network
from nnlabs.training.metrics import calibration_bins

if TYPE_CHECKING:
    from nnlabs.data.examples import Examples
    from nnlabs.training.evaluate import Predictions


def learning_curve(runs: Seeds, quantity: str) -> LearningCurves:
    """Training and validation against epoch over some seeds, with the epoch of each seed's lowest validation loss.

    Early stopping ends each seed at an epoch of its own; the curves end with the first of them.

    Args:
        runs: finished runs that differ in their seed.
        quantity: `accuracy` or `loss`.
    """
    parts = f"train_{quantity}", f"validation_{quantity}"
    train, validation = (curves(runs, part) for part in parts)
    histories = [run.history for run in runs if has_network(run)]
    shown = min((len(history["epoch"]) for history in histories), default=train.shape[1])
    stopped = bool(histories) and runs[0].config.train.patience is not None
    # Early stopping keeps an epoch of its own where it asks for more than a hair's breadth (`train.min_delta`).
    lowest = [
        run.result["kept_epoch"] - 1 if stopped else int(np.argmin(run.history["validation_loss"]))
        for run in filter(has_network, runs)
    ]
    kept = [[history[part][best] for part in parts] for history, best in zip(histories, lowest, strict=True)]
    lost = {"diverged": sum(map(diverged, runs)), "failed": sum(map(failed, runs))}
    return LearningCurves(
        epochs=np.arange(1, shown + 1),
        train=mean_interval(train[:, :shown]),
        validation=mean_interval(validation[:, :shown]),
        lowest=[best + 1 for best in lowest],
        heights=[history[parts[1]][best] for history, best in zip(histories, lowest, strict=True)],
        kept=tuple(np.mean(kept, axis=0).tolist()) if stopped else (),
        note=", ".join(f"{count} of {len(runs)} seeds {how}" for how, count in lost.items() if count),
        ends=sorted({len(history["epoch"]) for history in histories}),
    )


def calibration(predictions: Predictions, error: float) -> Calibration:
    """Answers sorted into bins of equal width by confidence.

    Args:
        predictions: of one network.
        error: its expected calibration error.
    """
    confidence, right, count = calibration_bins(predictions.logits.numpy(), predictions.targets.numpy())
    some = np.where(count, count, np.nan)
    return Calibration(confidence=confidence / some, accuracy=right / some, count=count, error=error)


def mistakes(predictions: Predictions, examples: Examples, most: int = MOST) -> Mistakes:
    """The most confident wrong answers.

    Args:
        predictions: the network's, for the examples.
        examples: the images.
        most: how many.
    """
    probability, answers = predictions.logits.softmax(1).max(1)
    wrong = (answers != predictions.targets).nonzero().flatten()
    worst = wrong[probability[wrong].argsort(descending=True, stable=True)][:most]
    images = examples.x[worst].permute(0, 2, 3, 1).squeeze(-1)
    return Mistakes(
        images=images.numpy(),
        predicted=answers[worst].numpy(),
        true=predictions.targets[worst].numpy(),
        probability=probability[worst].double().numpy(),
        index=worst.numpy(),
    )
