from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlabs.errors import ConfigError
from nnlabs.labs.optimizers.descent import descend, on_surfaces, tuned_paths
from nnlabs.labs.optimizers.surfaces import SURFACES
from nnlabs.training.names import OPTIMIZERS

RAVINE, BEALE = SURFACES["ravine"], SURFACES["beale"]
LRS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@pytest.mark.parametrize("lr", [0.01, 0.04, 0.06])
def test_sgd_on_a_quadratic_is_the_closed_form(lr):
    """Each coordinate shrinks by 1 - lr λ a step, with λ = 1 along and 40 across; above lr = 2 / 40 it grows."""
    (track,) = descend(RAVINE, [("sgd", lr)], 30)
    expected = np.array(RAVINE.start) * (1 - lr * np.array([1, 40])) ** np.arange(31)[:, None]
    np.testing.assert_allclose(track.points, expected, rtol=1e-11)
    np.testing.assert_allclose(track.values, (expected[:, 0] ** 2 + 40 * expected[:, 1] ** 2) / 2, rtol=1e-10)
    assert track.lr == lr
    assert (track.values[-1] > track.values[0]) == (lr > 2 / 40)


def test_momentum_on_a_quadratic_is_the_recurrence():
    (track,) = descend(RAVINE, [("momentum", 0.01)], 25)
    w, velocity = np.array(RAVINE.start), np.zeros(2)
    for point in track.points:
        np.testing.assert_allclose(point, w, rtol=1e-10, atol=1e-14)
        velocity = 0.9 * velocity + w * [1, 40]
        w = w - 0.01 * velocity


def test_adam_is_torchs_own_on_the_same_surface():
    (track,) = descend(BEALE, [("adam", 0.1)], 40)
    w = torch.nn.Parameter(torch.tensor(BEALE.start, dtype=torch.float64))
    theirs = torch.optim.Adam([w], lr=0.1)
    for point in track.points:
        np.testing.assert_allclose(point, w.detach().numpy(), rtol=1e-9)
        theirs.zero_grad()
        BEALE.function(w[0], w[1]).backward()
        theirs.step()


def test_muon_takes_a_step_of_nearly_one_length_whatever_the_gradient():
    """The nearest orthogonal matrix to a gradient of shape (1, 2) is its direction; Newton-Schulz comes near that."""
    lengths = np.linalg.norm(np.diff(descend(RAVINE, [("muon", 0.1)], 30)[0].points, axis=0), axis=1)
    assert lengths.min() > 0.06
    assert lengths.max() < 0.13


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_begins_at_the_start_and_gets_lower(name):
    track = tuned_paths(RAVINE, [name], 60, LRS)[name]
    assert track.points.shape == (61, 2)
    assert tuple(track.points[0]) == RAVINE.start
    np.testing.assert_allclose(track.values, RAVINE.function(*track.points.T), rtol=1e-12)
    assert track.values[-1] < 0.5 * track.values[0]


def test_side_by_side_descents_do_not_touch_one_another():
    """Also where one of them flies off into infinity."""
    chosen = tuned_paths(BEALE, ["sgd", "adam", "momentum"], 50, [0.01, 30.0])
    for name, track in chosen.items():
        (alone,) = descend(BEALE, [(name, track.lr)], 50)
        np.testing.assert_array_equal(track.points, alone.points)
        np.testing.assert_array_equal(track.values, alone.values)
    assert chosen["sgd"].lr == 0.01
    assert not np.isfinite(descend(BEALE, [("sgd", 30.0)], 50)[0].values[-1])


def test_the_learning_rate_is_the_best_of_the_grid():
    rates = [0.003, 0.03, 0.01, 0.3]
    chosen = tuned_paths(BEALE, ["nesterov"], 80, rates)["nesterov"]
    ends = {
        lr: track.values[-1]
        for lr, track in zip(rates, descend(BEALE, [("nesterov", lr) for lr in rates], 80), strict=True)
    }
    assert chosen.lr == min(rates, key=lambda lr: np.nan_to_num(ends[lr], nan=np.inf))


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_mistake_in_an_optimizer_of_ones_own_is_told_with_its_line(workers, tmp_path):
    own = tmp_path / "own.py"
    own.write_text("""import torch


class Own(torch.optim.SGD):
    def step(self):
        self.param_groups[0]["params"][0].data -= self.rate
""")
    with pytest.raises(ConfigError, match=f"own.py:Own fails, {own}, line 6: AttributeError: 'Own'"):
        on_surfaces(["sgd", f"{own}:Own"], 2, LRS, workers)


@pytest.mark.slow
def test_on_all_surfaces_in_the_form_in_which_they_are_drawn():
    found = on_surfaces(["sgd", "momentum"], 150, LRS, workers=1)
    assert list(found) == ["Ravine", "Saddle", "Rosenbrock", "Beale", "Styblinski-Tang"]
    for surface, descent in zip(SURFACES.values(), found.values(), strict=True):
        assert descent.z.shape == (*descent.y.shape, *descent.x.shape)
        assert descent.minima.tolist() == [list(point) for point in surface.minima]
        assert all(track.lr in LRS and np.isfinite(track.values[-1]) for track in descent.tracks.values())
    # Momentum carries over the hump into the lowest of four minima; plain descent ends in the one before it.
    tracks = found["Styblinski-Tang"].tracks
    assert tracks["momentum"].values[-1] < -78 < -65 < tracks["sgd"].values[-1]
    assert found["Ravine"].arrival("momentum") < found["Ravine"].arrival("sgd")


OWN = """
import torch

class SignDescent(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                weight -= group["lr"] * weight.grad.sign()
"""


def test_an_optimizer_of_ones_own_that_expects_every_gradient_walks_too(tmp_path):
    (tmp_path / "my_optimizer.py").write_text(OWN)
    (track,) = descend(RAVINE, [(f"{tmp_path}/my_optimizer.py:SignDescent", 0.1)], 5)
    start = np.float32(RAVINE.start)  # it is given weights of the type that a network has
    np.testing.assert_array_equal(track.points[:2], [start, start - np.float32(0.1) * np.sign(start)])
