"""Trouble, told in words: what is wrong with a network at this moment, the number that shows it, and the lesson to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nnlabs.playground.inspection import NetworkState
from nnlabs.playground.settings import ELEMENTWISE
from nnlabs.playground.training import Trainer
from nnlabs.scratch.optim import OPTIMIZERS
from nnlabs.scratch.tensor import Tensor

FAINT = 1e-6
"""A gradient, root of the mean square, that moves weights by less than a millionth in a plain step at a rate of 1."""

RATES = "lab 4, act 3: 3_basins; nnlabs run optimizers"
DEPTH = "lab 2, act 3: 3_gradient_by_depth; nnlabs run activations"
REPAIR = "Try another initialization (xavier for tanh, he for ReLU), ReLU, or fewer layers."


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong.

    Args:
        name: in a word or two.
        says: what happens, with the number that shows it, and what to try.
        lesson: where to read on.
    """

    name: str
    says: str
    lesson: str


@dataclass
class Seen:
    """What earlier frames have shown.

    Attributes:
        first_loss: the first training loss.
        first_dead: the units of each hidden layer that were dead then.
        best_test_loss: the lowest test loss.
    """

    first_loss: float = float("nan")
    first_dead: tuple[tuple[int, ...], ...] = ()
    best_test_loss: float = float("inf")

    def note(self, state: NetworkState) -> None:
        """Take one more frame into account."""
        train, test = state.loss
        if np.isnan(self.first_loss):
            self.first_loss, self.first_dead = train, tuple(tuple(layer.dead) for layer in state.layers[:-1])
        self.best_test_loss = min(self.best_test_loss, test) if np.isfinite(test) else self.best_test_loss


def diagnose(trainer: Trainer, state: NetworkState, seen: Seen) -> list[Trouble]:
    """All that is wrong, the gravest first.

    Args:
        trainer: the experiment.
        state: of its network now.
        seen: what earlier frames have shown.
    """
    if trainer.diverged or not np.isfinite(state.loss[0]):
        return [_diverged(trainer)]
    found = [trouble for check in CHECKS for trouble in check(trainer, state, seen)]
    return found or list(_slow(trainer, state, seen))


def gradient_ratio(state: NetworkState) -> float:
    """Gradient of the first layer by that of the last hidden one; 1 without two hidden layers."""
    hidden = state.layers[:-1]
    if len(hidden) < 2:
        return 1.0
    return hidden[0].gradient / hidden[-1].gradient if hidden[-1].gradient else 0.0


def _diverged(trainer: Trainer) -> Trouble:
    return Trouble(
        "Diverged",
        f"After step {trainer.steps:,} the loss is no longer a usable number: each step overshot by more than the one before. "
        f"Lower the learning rate (now {trainer.settings.lr:g}) to a tenth, then reset.",
        RATES,
    )


def _equal_units(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    equal = [number for number, layer in enumerate(state.layers[:-1], 1) if layer.equal]
    if equal:
        # What dropout leaves out must not be 0 already, in this layer and in those that its gradient comes back through.
        after = [ELEMENTWISE[layer.activation] for layer in trainer.settings.layers[equal[0] - 1 :]]
        apart = trainer.settings.dropout > 0 and all(f(Tensor(0.0)).item() != 0 for f in after)
        fate = "only dropout can tell them apart" if apart else "stay equal"
        yield Trouble(
            "Twin units",
            f"All units of layer {equal[0]} compute the same, so they get the same gradient and {fate}: the layer "
            "is one unit wide. Draw the weights at random: another initialization.",
            "lab 2, act 6: 6_initializations; src/nnlabs/scratch/init.py",
        )


def _vanishing(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    ratio = gradient_ratio(state)
    if any(layer.equal for layer in state.layers) or _has_step(trainer) or state.loss[0] < 1e-3:
        return
    if not state.layers[:-1] or not state.layers[-2].gradient:
        return  # nothing comes back to the last hidden layer: that is no matter of depth
    if ratio < 1e-2:
        yield Trouble(
            "Vanishing gradients",
            f"The first layer's gradient is {_times(1 / ratio) if ratio else 'infinitely'} smaller than the last hidden "
            f"layer's, {_without_gradient(trainer)}. {REPAIR}",
            DEPTH,
        )
    # Where the signal vanishes on its way forward, every layer's gradient does, and none is small beside another. A network
    # without activations that has learned comes to its minimum, where gradients are small, too.
    elif (trainer.steps == 0 or any(layer.activation != "identity" for layer in trainer.settings.layers)) and (
        largest := max(layer.gradient for layer in state.layers[:-1])
    ) < FAINT:
        yield Trouble(
            "Vanishing gradients",
            f"The largest gradient of a hidden layer is {largest:.0e}: the signal is lost between input and output. "
            f"{REPAIR}{' Or lower the penalty.' if _penalized(trainer) else ''}",
            DEPTH,
        )


def _without_gradient(trainer: Trainer) -> str:
    """What a small gradient means to a layer: steps of SGD are as small, those of optimizers that divide by its size are not."""
    optimizer = OPTIMIZERS[trainer.settings.optimizer].__name__
    if optimizer in ("SGD", "Momentum", "Nesterov"):
        return "so it hardly learns"
    return f"so with plain SGD it would hardly learn; {optimizer} divides by the gradient's size"


def _times(factor: float) -> str:
    return f"{factor:,.0f} times" if factor < 1e6 else f"{factor:.0e} times".replace("e+", " × 10^").replace("^0", "^")


def _dead_units(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    units = dead = born = 0
    for layer, now, then in zip(trainer.settings.layers, state.layers, seen.first_dead, strict=False):
        if layer.activation != "step":  # which has no slope to lose
            units, dead, born = units + layer.units, dead + len(now.dead), born + len({*now.dead} & {*then})
    if dead:
        cure = "Lower the learning rate and reset" if dead > born else "No step has killed them: try another seed"
        yield Trouble(
            "Dead units",
            f"{dead} of {units} hidden units {'is' if dead == 1 else 'are'} flat for every training example: slope 0, no "
            "gradient of its own now; weight decay, momentum or a change in the layers before it may wake such a unit. "
            f"{cure}, or take an activation that is flat nowhere, such as Leaky ReLU.",
            "lab 2, act 5: 5_dead_units, 5_dying_units",
        )


def _saturation(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    for number, (layer, now) in enumerate(zip(trainer.settings.layers, state.layers, strict=False), 1):
        bounded = np.isfinite(ELEMENTWISE[layer.activation].range).all()
        if bounded and layer.activation != "step" and now.flat is not None and now.flat > 0.7:
            yield Trouble(
                "Saturation",
                f"{100 * now.flat:.0f} % of the inputs of layer {number} lie where {ELEMENTWISE[layer.activation].title} is flat, "
                "and flat parts let no gradient through. Try smaller first weights, a lower learning rate, or L2.",
                "lab 2, act 4: 4_saturation",
            )
            return


def _linear(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    right, linear = state.accuracy[0], all(layer.activation == "identity" for layer in trainer.settings.layers)
    # Before it settles, a line may still get better; with a penalty the loss keeps a gradient at the best place, too.
    settled = _penalized(trainer) or max(layer.gradient for layer in state.layers) < 0.03
    if linear and settled and trainer.epoch > 30 and right < 0.95:
        yield Trouble(
            "Only straight lines",
            "Without a non-linear activation the whole network is one linear map, whatever its depth, and draws straight lines "
            f"only: {100 * right:.0f} % of the training points right so far. Add a hidden layer with tanh or ReLU.",
            "lab 1, act 5: 5_xor; lab 2, act 2: 2_boundaries",
        )


def _penalized(trainer: Trainer) -> bool:
    return trainer.settings.l1 > 0 or trainer.settings.l2 > 0


def _has_step(trainer: Trainer) -> bool:
    return any(layer.activation == "step" for layer in trainer.settings.layers)


def _step_function(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    if _has_step(trainer):
        yield Trouble(
            "No slope",
            "The step function has slope 0 everywhere, so no gradient passes it: the layers up to it never learn. "
            "Sigmoid and tanh are its smooth relatives.",
            "lab 2, act 1: 1_activations; lab 1, act 1",
        )


def _overfitting(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    (train, test), best = state.loss, seen.best_test_loss
    gap = state.accuracy[0] - state.accuracy[1]
    if trainer.epoch > 10 and test > 1.3 * best and test > 2 * train and gap > 0.05:
        yield Trouble(
            "Overfitting",
            f"The test loss has risen from {best:.3g} to {test:.3g} while the training loss is {train:.3g}: the network learns the "
            "training points by heart. Try more data, fewer units, L2, dropout, or stop earlier.",
            "lab 3, act 1: 1_generalization_gap; nnlabs run regularization",
        )


def _slow(trainer: Trainer, state: NetworkState, seen: Seen) -> Iterator[Trouble]:
    loss, first, epochs = state.loss[0], seen.first_loss, f"In {trainer.epoch:,.0f} epochs the training loss has"
    if trainer.epoch <= 20 or state.accuracy[0] >= 0.9:
        return
    if loss > 1.02 * first:
        yield Trouble(
            "Getting worse",
            f"{epochs} risen from {first:.3g} to {loss:.3g}. Lower the learning rate (now {trainer.settings.lr:.3g}), or the "
            "penalties if there are any, then reset.",
            RATES,
        )
    # Where the schedule has brought the rate to nearly 0, or the training is over, it does not move for that reason.
    elif loss > 0.98 * first and not trainer.over and trainer.lr > 0.02 * trainer.settings.lr:
        penalty = ", or lower the penalty" if _penalized(trainer) else ""
        yield Trouble(
            "Hardly moving",
            f"{epochs} come from {first:.3g} to {loss:.3g} only. Raise the learning rate (now {trainer.lr:.3g}) to ten times as "
            f"much{penalty}; that may be done while the network learns.",
            RATES,
        )


CHECKS: tuple[Callable[[Trainer, NetworkState, Seen], Iterator[Trouble]], ...] = (
    _step_function,
    _equal_units,
    _dead_units,
    _vanishing,
    _saturation,
    _linear,
    _overfitting,
)
