"""What the page draws after each message: numbers as JSON, pictures and weights as bytes in base64.

A picture of the plane is a square of bytes, row by row from the top left.
"""

from __future__ import annotations

from base64 import b64encode
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.playground.diagnosis import Seen, diagnose, gradient_ratio
from nnlabs.playground.film import Bytes, Film, Moment
from nnlabs.playground.inspection import (
    NetworkState,
    confidence,
    forward,
    inspect_network,
    is_probabilistic,
    predict,
)
from nnlabs.playground.points import extent
from nnlabs.playground.training import Trainer
from nnlabs.scratch.layers import Linear, Nonlinearity

SIDE, FINE_SIDE = 64, 128  # squares of the plane's picture, while the network learns and while it rests
# Of a unit's own picture, and of one that has more than so many units beside it in its layer.
UNIT_SIDE, SMALL_UNIT_SIDE, MANY_UNITS = 32, 16, 32
INPUT_RANGE, BINS = 6.0, 48  # of the histogram of a unit's inputs


def grid(bounds: list[float], side: int) -> Array:
    """The centers of side × side squares that tile a part of the plane, row by row from the top left.

    Args:
        bounds: [left, right, bottom, top].
        side: squares in a row.

    Returns:
        Shape (side², 2).
    """
    left, right, bottom, top = bounds
    middles = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(left + middles * (right - left), top + middles * (bottom - top))
    return np.column_stack([x.ravel(), y.ravel()])


class FrameMaker:
    """Makes the frames of one experiment.

    Args:
        trainer: the experiment.

    Attributes:
        seen: what diagnosis needs of earlier frames.
        film: what the frames have shown.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.bounds = extent(trainer.table)
        self.grids = [trainer.scale(grid(self.bounds, side)) for side in (SIDE, FINE_SIDE)]
        self.film = Film()
        self.seen = Seen()

    def make(self, layer: int, unit: int | None, fine: bool = True) -> dict[str, Any]:
        """One frame.

        Args:
            layer: the hidden layer whose inputs the histogram shows, from 0.
            unit: one of its units, from 0; None: all.
            fine: whether the plane is to be sharp.
        """
        trainer = self.trainer
        state = inspect_network(trainer)
        linear = [layer for layer in trainer.network.layers if isinstance(layer, Linear)]
        scores, _, values = forward(trainer.network, self.grids[fine])
        self.seen.note(state)
        winner = predict(scores.data).astype(np.uint8)
        sure = as_bytes(255 * confidence(scores.data, is_probabilistic(trainer)))
        self.film.add(Moment(trainer.steps, _caption(trainer, state), winner, sure))
        return {
            "step": trainer.steps,
            "epoch": round(trainer.epoch, 4),
            "lr": trainer.lr,
            "over": trainer.over,
            "fine": fine,
            "diverged": trainer.diverged,
            "loss": [_finite(value) for value in state.loss],
            "accuracy": list(state.accuracy),
            "winner": _text(winner),
            "confidence": _text(sure),
            "layers": [
                {"gradient": _finite(layer.gradient), "flat": layer.flat, "dead": layer.dead} for layer in state.layers
            ],
            "units": [_text(unit_pictures(value.data)) for value in (*values, scores)],
            "weights": [_text(layer.W.data.astype(np.float32)) for layer in linear],
            "biases": [_text(layer.b.data.astype(np.float32)) for layer in linear],
            "histogram": histogram(state, layer, unit),
            "learned": learned(trainer, layer),
            "gradient_ratio": _finite(gradient_ratio(state)),
            "troubles": [vars(trouble) for trouble in diagnose(trainer, state, self.seen)],
        }


def unit_pictures(values: Array) -> Bytes:
    """Each unit's answer to the plane, scaled to its own largest: 128 is 0, 255 the largest, 1 minus the largest.

    Args:
        values: what the units answer at `grid`, shape (side², units).

    Returns:
        Shape (units, 32, 32), or (units, 16, 16) for many units.
    """
    units, side = values.shape[1], isqrt(len(values))
    stride = side // (UNIT_SIDE if units <= MANY_UNITS else SMALL_UNIT_SIDE)
    pictures = values.reshape(side, side, units)[stride // 2 :: stride, stride // 2 :: stride].transpose(2, 0, 1)
    pictures = np.nan_to_num(pictures, posinf=1e30, neginf=-1e30)
    largest = np.abs(pictures).max(axis=(1, 2), keepdims=True)
    return as_bytes(128 + 127 * pictures / np.where(largest > 0, largest, 1))


def histogram(state: NetworkState, layer: int, unit: int | None) -> list[int]:
    """How many inputs of a hidden layer's units fall into each of 48 bins from -6 to 6; those beyond count at the ends.

    Args:
        state: of the network.
        layer: which hidden layer, from 0; empty without one.
        unit: one of its units, from 0; None: all.
    """
    if layer >= len(state.layers) - 1:
        return []
    z = state.layers[layer].inputs
    z = z if unit is None or unit >= z.shape[1] else z[:, unit]
    inside = np.clip(np.nan_to_num(z), -INPUT_RANGE, INPUT_RANGE)
    counts: list[int] = np.histogram(inside, BINS, (-INPUT_RANGE, INPUT_RANGE))[0].tolist()
    return counts


def curves(layer: Nonlinearity) -> dict[str, list[float]]:
    """An activation and its slope at 121 points from -6 to 6, with what it has learned."""
    x = np.linspace(-INPUT_RANGE, INPUT_RANGE, 121)
    return {"curve": layer(x).data.round(4).tolist(), "slope": layer.slope(x).round(4).tolist()}


def learned(trainer: Trainer, layer: int) -> dict[str, Any] | None:
    """The number that a hidden layer's activation has learned, and its curves with it; None where it learns none."""
    activations = [module for module in trainer.network.layers if isinstance(module, Nonlinearity)]
    if layer >= len(activations) or not activations[layer].learned:
        return None
    (a,) = (parameter.data.item() for parameter in activations[layer].learned)
    return {"layer": layer, "a": a, **curves(activations[layer])} if np.isfinite(a) else None


def _caption(trainer: Trainer, state: NetworkState) -> str:
    train, test = state.accuracy
    return f"epoch {int(trainer.epoch):,}   train {100 * train:.1f} %   test {100 * test:.1f} %"


def as_bytes(values: Array) -> Bytes:
    """Whole numbers from 0 to 255; NaN is 0."""
    return np.nan_to_num(values).astype(np.uint8)


def _text(array: NDArray[Any]) -> str:
    """The array's bytes, row by row, in base64."""
    return b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _finite(value: float) -> float | None:
    """JSON has neither NaN nor infinity: null stands for them."""
    return float(value) if np.isfinite(value) else None
