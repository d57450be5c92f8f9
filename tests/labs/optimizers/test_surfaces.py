from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlabs.labs.optimizers.surfaces import SURFACES

EACH = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES.keys())


def gradient(surface, x: float, y: float) -> tuple[float, float]:
    at = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(surface.function(at[0], at[1]), at)
    return tuple(slope.tolist())


@EACH
def test_autograd_agrees_with_finite_differences(surface):
    rng = np.random.default_rng(0)
    for x, y in rng.uniform([surface.x[0], surface.y[0]], [surface.x[1], surface.y[1]], (20, 2)):
        h = 1e-6
        across = (surface.function(x + h, y) - surface.function(x - h, y)) / (2 * h)
        along = (surface.function(x, y + h) - surface.function(x, y - h)) / (2 * h)
        assert gradient(surface, x, y) == pytest.approx((across, along), rel=1e-5, abs=1e-4)


@EACH
def test_at_its_minima_a_surface_is_level_and_as_low_as_published(surface):
    for x, y in surface.minima:
        assert gradient(surface, x, y) == pytest.approx((0, 0), abs=1e-10)
        assert surface.function(x, y) == pytest.approx(surface.lowest, abs=1e-12)


@EACH
def test_nothing_that_is_shown_is_lower_and_the_start_is_higher(surface):
    x, y, values = surface.on_grid(301)
    assert values.shape == (301, 301)
    assert values.min() >= surface.lowest - 1e-12
    assert values[7, 200] == surface.function(x[200], y[7])  # one row for each y
    assert surface.function(*surface.start) > surface.lowest + 0.1
    for point in (surface.start, *surface.minima):
        assert surface.x[0] <= point[0] <= surface.x[1]
        assert surface.y[0] <= point[1] <= surface.y[1]


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("rosenbrock", (-1.2, 1.0), 24.2),  # Rosenbrock's own start
        ("beale", (1.0, 1.0), 14.203125),  # Moré, Garbow and Hillstrom's
        ("beale", (0.0, 0.0), 14.203125),
        ("styblinski_tang", (0.0, 0.0), 0.0),
        ("styblinski_tang", (1.0, 1.0), -10.0),
        ("ravine", (-10.0, 1.5), 95.0),
        ("saddle", (0.0, 0.0), 0.0),
        ("saddle", (2.0, 2.0), 4.0),
    ],
)
def test_values_worked_out_by_hand(name, point, value):
    assert SURFACES[name].function(*point) == pytest.approx(value, rel=1e-12)


def test_the_published_minimum_of_styblinski_and_tang_is_the_lowest_of_four():
    surface = SURFACES["styblinski_tang"]
    roots = np.roots([4, 0, -32, 5]).real
    assert surface.minima == (pytest.approx((min(roots), min(roots)), rel=1e-14),)
    assert surface.lowest == pytest.approx(2 * -39.16616570377142, rel=1e-14)
    others = [surface.function(x, y) for x in (max(roots), min(roots)) for y in (max(roots), min(roots))]
    assert sorted(others)[1] > surface.lowest + 10


def test_the_saddle_is_level_in_the_middle_and_falls_from_there_both_ways():
    surface = SURFACES["saddle"]
    assert gradient(surface, 0.0, 0.0) == (0, 0)
    assert surface.function(0.1, 0.0) > 0 > surface.function(0.0, 0.1) == surface.function(0.0, -0.1)
