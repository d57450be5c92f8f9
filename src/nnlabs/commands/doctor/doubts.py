"""How far a run's numbers can be trusted: what chance alone does, whether the losses came to rest, and what is left to doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnlabs.commands.doctor.diagnosis import Facts
from nnlabs.stats.intervals import guessing_bound

STANDARD_ERRORS = 3.0
PLATEAU, SETTLES = 0.15, 8
# The thresholds of all diagnoses were set on runs of three epochs and more.
FEWEST = 3


def doubts(facts: Facts) -> list[str]:
    """Why a run without an illness is not called healthy: too short, or perhaps a guesser; nothing for a healthy one.

    Guessing is to name the commonest class always. What luck can add to that, as in the labs, cannot be told from it.
    Too short is less than three epochs, or an end before the network does better than the nearest class mean and before its
    losses come to rest.

    Args:
        facts: what is known of it.
    """
    epochs, probe, found = len(facts.history["epoch"]), facts.probe, []
    if epochs < FEWEST:
        found.append(f"{epochs} epoch{' is' if epochs == 1 else 's are'} too little to tell: the checks need {FEWEST}")
    found += _guesses(facts)
    if found or probe.accuracy >= probe.centroid_accuracy or settled(facts):
        return found
    losses = facts.history["train_loss"]
    if losses[-1] > losses[0]:
        return [
            f"its training loss rose, from {losses[0]:.3f} after the first epoch to {losses[-1]:.3f}, so that more epochs alone "
            "will not help; try less of a penalty (train.weight_decay, train.l1, model.dropout), or a lower rate, "
            f"--train.lr {facts.config.train.lr / 10:g}"
        ]
    status = facts.status
    remedy = {
        "early stopping": f"let it wait longer for a better epoch, --train.patience {2 * (facts.config.train.patience or 1)}",
        "unfinished": "let it go on",
    }.get(status, f"give it more epochs, --train.epochs {2 * facts.config.train.epochs}")
    return [
        f"its losses had not come to rest when it ended, with {100 * probe.accuracy:.1f} % of its own training images right (to "
        f"compare each with the mean image of every class gets {100 * probe.centroid_accuracy:.1f} %): {remedy}"
    ]


def _guesses(facts: Facts) -> list[str]:
    """That the network is no better than guessing, or that too few validation images tell; nothing where it is better."""
    chance, images = facts.probe.chance, facts.probe.validation_images
    right = max(facts.now("train_accuracy"), facts.now("validation_accuracy"))
    always = f"to name the commonest class always gets {100 * chance:.1f} % right"
    if right <= chance:
        return [f"the network is no better than guessing: {always}"]
    luck = guessing_bound(chance, images)
    if right > luck:
        return []
    few = f"{images} validation image{' is' if images == 1 else 's are'} too few to tell the network from guessing"
    return [f"{few}: {always}, and with luck up to {100 * luck:.1f} %"]


def share_error(p: float, q: float, images: int) -> float:
    """Standard error of the difference of two shares, each of so many images: √(p(1 - p)/n + q(1 - q)/n).

    Args:
        p: the first share.
        q: the second one.
        images: n.
    """
    return math.sqrt((p * (1 - p) + q * (1 - q)) / images)


def settled(facts: Facts) -> bool:
    """Whether neither loss would fall much further in as many epochs again as lie in the run's last half.

    Much: 0.15 of all that the training loss fell. The fall is that of a straight line through the last half of the epochs whose
    learning rate was still at least half the highest, plus twice its standard error: where the curve jumps, one cannot know.

    Args:
        facts: what is known of the run.
    """
    rates = facts.history["lr"]
    # A schedule that has ended brings every curve to rest.
    full = [epoch for epoch, rate in enumerate(rates) if rate >= max(rates) / 2]
    if len(full) < SETTLES:
        return False
    train, validation = ([facts.history[f"{split}_loss"][i] for i in full] for split in ("train", "validation"))
    whole = max(facts.probe.start.loss, *train) - min(facts.probe.start.loss, *train)
    return all(_most_fall(losses[len(full) // 2 :]) < PLATEAU * whole for losses in (train, validation))


def _most_fall(losses: Sequence[float]) -> float:
    """How far a straight line through the losses falls from the first to the last, plus twice its standard error."""
    from scipy.stats import linregress

    line = linregress(range(len(losses)), losses)
    return float(len(losses) - 1) * float(2 * line.stderr - line.slope)
