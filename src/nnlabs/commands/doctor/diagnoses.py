"""What can be wrong with a run, one small function each: given the facts, it names the illness with the number that shows it.

What can be wrong with its inputs stands in `inputs`. Adding one: write a function from `Facts` to `Diagnosis | None`, say in its
docstring where its threshold comes from, and put it into `CHECKS`. The thresholds were set on 101 runs, 52 of them healthy and 49
ill, most of these on purpose, with seven kinds of model on digits, Fashion-MNIST and CIFAR-10; each docstring says how far the two
kinds lay apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nnlabs.commands.doctor.diagnosis import Diagnosis, Facts
from nnlabs.commands.doctor.doubts import STANDARD_ERRORS, settled, share_error
from nnlabs.commands.doctor.inputs import all_alike, not_normalized, not_shuffled

# A trial counts as better than the whole run when its loss is a quarter lower.
BETTER = 0.75
# With less than a tenth of the first loss left there is little that another rate could better.
LEFT = 0.1
DEAD = 0.9
VANISHING, EXPLODING = 1e-3, 1e2
GAP, RISE = 0.1, 1.1
# So many epochs in a row must lie above the lowest validation loss: single ones jump.
LATE = 3
# Beyond this share, dropout takes more than it leaves; 0.5 is what Srivastava et al. 2014 take for hidden units.
DROPPED = 0.5
ZEROS = "zeros"
FIRST_WEIGHTS = "--model.init he: no gradient comes through first weights of 0"


Check = Callable[[Facts], Diagnosis | None]


def diverged(facts: Facts) -> Diagnosis | None:
    """A loss or weight that is no number: a matter of fact, no threshold."""
    if facts.status != "diverged" and math.isfinite(facts.probe.end.loss):
        return None
    return Diagnosis(
        "Diverged",
        f"the loss stopped being a number in epoch {len(facts.history['epoch'])}.",
        "lab 4, act 2, figure 2_lr_range: where the curve leaves the paper",
        f"a lower learning rate: --train.lr {facts.config.train.lr / 10:g}. A warm-up (--train.warmup_epochs 1) or "
        "--train.clip_norm 1 help where only the first steps are too long.",
    )


def lr_too_high(facts: Facts) -> Diagnosis | None:
    """A few steps with a lower learning rate end lower than the whole run did, and than as many with its own.

    Losses of the best such trial over the run's own: at most 0.68 where the rate was ten times too high or more, 0.77 and more
    in other ill runs, 1.3 and more in healthy ones. The second condition leaves out runs whose penalty undoes what they learned.
    Where a run brought next to nothing, ever lower rates are tried until one learns.
    """
    return _wrong_rate("Learning rate too high", facts, higher=False)


def lr_too_low(facts: Facts) -> Diagnosis | None:
    """A few steps with ten or a hundred times the learning rate end lower than the whole run did.

    Losses of the best such trial over the run's own: at most 0.73 where the rate was ten times too low or more, 0.92 and more
    elsewhere, runs of three epochs among them, unless less than a tenth of the first loss was left.
    """
    if diverged(facts) is not None:
        return None
    return _wrong_rate("Learning rate too low", facts, higher=True)


def _better_rate(facts: Facts, higher: bool) -> float | None:
    """The learning rate of the best trial on one side of the run's own, where it beats the run."""
    own, trials = facts.config.train.lr, facts.probe.trials
    finite = {rate: loss for rate, loss in trials.items() if math.isfinite(loss)}
    best = min(
        (rate for rate in finite if rate != own and (rate > own) == higher), key=finite.__getitem__, default=None
    )
    end = facts.probe.end.loss if math.isfinite(facts.probe.end.loss) else math.inf
    if end < LEFT * facts.probe.start.loss:
        return None
    return best if best is not None and finite[best] < BETTER * min(end, finite.get(own, math.inf)) else None


def _wrong_rate(name: str, facts: Facts, higher: bool) -> Diagnosis | None:
    probe, rate = facts.probe, _better_rate(facts, higher)
    if rate is None:
        return None
    return Diagnosis(
        name,
        f"from the same start, {probe.steps} steps with the learning rate {rate:g} bring the training loss to "
        f"{probe.trials[rate]:.2f}; all {len(facts.history['epoch'])} epochs of this run, with {facts.config.train.lr:g}, "
        f"brought it to {probe.end.loss:.2f}.",
        "lab 4, acts 2 and 3, figures 2_lr_range and 3_basins",
        f"--train.lr {rate:g}",
    )


def dead_relu(facts: Facts) -> Diagnosis | None:
    """In one layer, nine of ten ReLU units are 0 for every one of the examples sent through.

    Up to 0.78 of a layer was dead in runs that learned all the same (few images, a fifth of each picture always black); with 0.91
    and more none did.
    """
    dead = facts.probe.end.dead
    worst = max(dead, default=0.0)
    if worst < DEAD:
        return None
    return Diagnosis(
        "Dead ReLU units",
        f"in ReLU layer {dead.index(worst) + 1} of {len(dead)}, {100 * worst:.0f} % of the units are 0 for every "
        f"image sent through the network; before training it was {100 * facts.probe.start.dead[dead.index(worst)]:.0f} %. "
        "They get no gradient of their own.",
        "lab 2, act 5, figure 5_dead_units",
        _revive(facts, facts.probe.start.dead[dead.index(worst)]),
    )


def _revive(facts: Facts, dead_before: float) -> str:
    """What to do about dead units: those that were dead before the first step were not killed by steps that were too long."""
    if facts.config.model.init == ZEROS:
        return f"{FIRST_WEIGHTS}."
    if (facts.config.model.dropout or 0) > DROPPED:
        return f"less dropout, --model.dropout {DROPPED:g}: what is left of the units is too little to learn with."
    steps = "" if dead_before >= DEAD else "a lower learning rate, "
    return f"{steps}--model.activation leaky_relu, whose slope is never 0, or --model.batch_norm true (mlp)."


def vanishing(facts: Facts) -> Diagnosis | None:
    """Before training, the gradient at the first layer is less than a thousandth of that at the last.

    Networks that learn had ratios from 0.07 to 15. Sigmoid networks on digits, 64 units a layer, five seeds each, had 0.008 to
    0.009 with five layers and init he, and cross the bound with seven (six with xavier); what lies in between learns, but late.
    """
    ratio = _gradient_ratio(facts)
    if ratio >= VANISHING:
        return None
    first = f"the first of {len(facts.probe.start.gradients)} layers"
    arrives = (
        f"the gradient that reaches {first} is {ratio:.0e} times that at the last"
        if ratio
        else f"no gradient reaches {first}"
    )
    return Diagnosis(
        "Vanishing gradients",
        f"before training, {arrives}: the first layers hardly learn.",
        "lab 2, act 3, figure 3_gradient_by_depth",
        f"{FIRST_WEIGHTS}."
        if facts.config.model.init == ZEROS
        else "another activation (--model.activation relu), first weights that fit it (--model.init he for relu, xavier for tanh), "
        "fewer layers, --model.batch_norm true, or a network with short cuts (--model.name resnet).",
    )


def exploding(facts: Facts) -> Diagnosis | None:
    """Before training, the gradient at the first layer is more than a hundred times that at the last.

    Networks that learn had ratios from 0.07 to 15; ones whose weights are too large for so many layers had 200 and more.
    """
    ratio = _gradient_ratio(facts)
    if ratio <= EXPLODING:
        return None
    size = f"{ratio:,.0f} times that at the last" if math.isfinite(ratio) else "too large for a number"
    return Diagnosis(
        "Exploding gradients",
        f"before training, the gradient at the first of {len(facts.probe.start.gradients)} layers is "
        f"{size}, and the loss begins at {facts.probe.start.loss:,.1f}.",
        "lab 2, act 3, figure 3_gradient_by_depth",
        "smaller first weights (--model.init lecun or xavier), fewer layers, --model.batch_norm true, or --train.clip_norm 1.",
    )


def _gradient_ratio(facts: Facts) -> float:
    """First layer over last; 1 where there is one layer only, 0 where nothing arrives, infinite where numbers end."""
    gradients = facts.probe.start.gradients
    if len(gradients) < 2:
        return 1.0
    if not all(map(math.isfinite, (*gradients, facts.probe.start.loss))):
        return math.inf  # already too large for a number
    return gradients[0] / gradients[-1] if gradients[-1] > 0 else 0.0


def overfitting(facts: Facts) -> Diagnosis | None:
    """Training and validation accuracy lie ten points apart, or the validation loss stays a tenth above its lowest.

    Either way the gap must be beyond chance: three standard errors of the difference of two shares, √(p(1 - p)/n + q(1 - q)/n);
    and the loss must have been above in each of the last three epochs. On 3,000 clothes, networks without a brake had gaps from
    11 to 15 points, ones with dropout or augmentation 2 to 7. The loss rose by 0.19 in a network of 670,000 weights that learned
    them by heart, by 0.45 on spoilt labels, by at most 0.07 in healthy runs. It is a result: where a cause is found, such as
    inputs of the wrong size, which make both curves jump, the cause is named alone.

    Where a share ν of the training labels is wrong, a network that is right with a share q of new images agrees, of K classes, with
    (1 - ν) q + ν (1 - q) / (K - 1) of them, unless it has learned wrong ones by heart; the gap is what it agrees with beyond that.
    """
    if any(check(facts) for check in CAUSES):
        return None
    losses = facts.history["validation_loss"][: facts.kept]
    train, validation = facts.now("train_accuracy"), facts.now("validation_accuracy")
    noise = STANDARD_ERRORS * share_error(train, validation, facts.probe.validation_images)
    risen = min(losses[-LATE:]) > RISE * min(losses)
    wrong = facts.probe.label_noise
    expected = (1 - wrong) * validation + wrong * (1 - validation) / max(facts.probe.classes - 1, 1)
    gap = train - expected
    if not (gap > noise and (risen or gap > GAP)):
        return None
    beside = (
        f"; of the training labels, {100 * wrong:.3g} % of which are wrong, it would agree with {100 * expected:.1f} %, had it "
        f"learned none of these by heart: {100 * gap:.1f} points too many"
        if wrong
        else f", a gap of {100 * gap:.1f} points"
    )
    rise = (
        f"; the validation loss rose from {min(losses):.3f} (epoch {losses.index(min(losses)) + 1}) to {losses[-1]:.3f}"
    )
    return Diagnosis(
        "Overfitting",
        f"{100 * train:.1f} % of the training images are right and {100 * validation:.1f} % of those held out{beside}"
        f"{rise if risen else ''}.",
        "lab 3, act 1, figures 1_loss_curves and 1_generalization_gap",
        f'{"right labels, " if wrong else ""}more images (--data.train_size), --data.augment "[crop]" (flip, too, where a mirror '
        "image is of the same class), --model.dropout 0.3, a penalty (--train.weight_decay 0.1), or an end at the lowest "
        "validation loss (--train.patience 3).",
    )


def underfitting(facts: Facts) -> Diagnosis | None:
    """The network gets clearly fewer of its own training images right than the nearest class mean does, and learns no more.

    Clearly: by three standard errors of the difference. No more: see `settled`. Where another illness explains it, that one is
    named alone.
    """
    probe = facts.probe
    noise = STANDARD_ERRORS * share_error(probe.accuracy, probe.centroid_accuracy, probe.images)
    weak = probe.accuracy < probe.centroid_accuracy - noise
    if not weak or any(check(facts) for check in CAUSES) or not settled(facts):
        return None
    return Diagnosis(
        "Underfitting",
        f"{100 * probe.accuracy:.1f} % of its own training images are right, and neither the training nor the validation loss "
        f"falls any more; to compare each image with the mean image of every class gets {100 * probe.centroid_accuracy:.1f} %.",
        "lab 3, act 2, figure 2_strengths: the right-hand side of the U",
        'a larger network (--model.widths "[256, 256]"), or less of a penalty: train.weight_decay, train.l1, model.dropout.',
    )


# What explains a bad result; the two that follow are results themselves, and named where no cause is found.
CAUSES: tuple[Check, ...] = (
    all_alike,
    diverged,
    not_normalized,
    not_shuffled,
    lr_too_high,
    lr_too_low,
    dead_relu,
    vanishing,
    exploding,
)
CHECKS: tuple[Check, ...] = (*CAUSES, overfitting, underfitting)


def diagnose(facts: Facts) -> list[Diagnosis]:
    """All that is wrong with a run, causes first; nothing for a healthy one.

    Where inputs are all alike, that is named alone: whatever else is found follows from it, and no other advice would help.

    Args:
        facts: what is known of it.
    """
    if (alike := all_alike(facts)) is not None:
        return [alike]
    return [found for check in CHECKS if (found := check(facts)) is not None]
