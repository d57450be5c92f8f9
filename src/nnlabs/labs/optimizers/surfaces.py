"""Surfaces over a plane on which the paths of optimizers can be watched, with what is known of them.

Each function takes x and y as numbers, NumPy arrays or tensors, and works point by point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlabs.arrays import Array

Point = tuple[float, float]


@dataclass(frozen=True)
class Surface:
    """A function of two numbers, to be made small.

    Attributes:
        title: its name in figures.
        function: f(x, y); its docstring says what is hard about it, and where it was published.
        x: the part of the plane that is shown, from and to.
        y: likewise.
        start: where descents begin.
        minima: all points at which f is lowest.
        lowest: f there.
    """

    title: str
    function: Callable[[Any, Any], Any]
    x: tuple[float, float]
    y: tuple[float, float]
    start: Point
    minima: tuple[Point, ...]
    lowest: float

    def on_grid(self, points: int = 200) -> tuple[Array, Array, Array]:
        """The surface as a contour plot wants it.

        Args:
            points: number of points along each side.

        Returns:
            x of shape (points,), y of shape (points,), and f of shape (points, points), one row for each y.
        """
        x, y = np.linspace(*self.x, points), np.linspace(*self.y, points)
        return x, y, np.asarray(self.function(x[None], y[:, None]), dtype=np.float64)


def _ravine(x: Any, y: Any) -> Any:
    """Forty times as steep across as along: what is right for one direction is too much or too little for the other.

    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    return (x**2 + 40 * y**2) / 2


def _saddle(x: Any, y: Any) -> Any:
    """At the saddle point (0, 0) the gradient is zero, and the way out of it begins almost flat.

    Source: S. H. Strogatz, Nonlinear Dynamics and Chaos, example 2.7.2 (its double well, with a bowl across); Y. Dauphin et al.,
    arXiv:1406.2572.
    """
    return x**2 / 2 - y**2 / 2 + y**4 / 4


def _rosenbrock(x: Any, y: Any) -> Any:
    """A bent valley with steep walls and a nearly level floor.

    Source: H. H. Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960.
    """
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _beale(x: Any, y: Any) -> Any:
    """Steep at the corners, almost level around the minimum.

    Source: J. J. Moré, B. S. Garbow and K. E. Hillstrom, Testing unconstrained optimization software, 1981, function 5.
    """
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _styblinski_tang(x: Any, y: Any) -> Any:
    """Four minima, of which one is the lowest: the way straight down ends in another.

    Source: M. A. Styblinski and T.-S. Tang, Experiments in nonconvex optimization, Neural Networks 3(4), 1990.
    """
    return (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2


# The lowest of the roots of 4 x³ - 32 x + 5 = 0, where the derivative of Styblinski and Tang's function is zero.
_LOWEST_ROOT = -2.903534027771177

SURFACES: dict[str, Surface] = {
    "ravine": Surface("Ravine", _ravine, (-11, 3), (-2, 2), (-10.0, 1.5), ((0.0, 0.0),), 0.0),
    "saddle": Surface("Saddle", _saddle, (-2, 2), (-1.6, 1.6), (-1.8, 0.01), ((0.0, -1.0), (0.0, 1.0)), -0.25),
    "rosenbrock": Surface("Rosenbrock", _rosenbrock, (-2, 2), (-1, 4), (-1.2, 1.0), ((1.0, 1.0),), 0.0),
    "beale": Surface("Beale", _beale, (-1, 4.5), (-2, 2), (1.0, 1.0), ((3.0, 0.5),), 0.0),
    "styblinski_tang": Surface(
        "Styblinski-Tang",
        _styblinski_tang,
        (-5, 5),
        (-5, 5),
        (4.5, -0.5),
        ((_LOWEST_ROOT, _LOWEST_ROOT),),
        -78.33233140754282,
    ),
}
