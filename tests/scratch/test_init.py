from __future__ import annotations

import numpy as np
import pytest

from nnlabs.scratch.init import INITS

N_IN, N_OUT = 400, 100


def draw(name: str, n_in: int = N_IN, n_out: int = N_OUT) -> np.ndarray:
    return INITS[name](np.random.default_rng(0), n_in, n_out)


def test_all_that_the_lab_promises_are_there() -> None:
    assert list(INITS) == ["zeros", "normal", "xavier", "he", "lecun", "orthogonal"]


@pytest.mark.parametrize(
    ("name", "variance"),
    [("zeros", 0), ("normal", 1e-4), ("xavier", 2 / (N_IN + N_OUT)), ("he", 2 / N_IN), ("lecun", 1 / N_IN)],
)
def test_variance_is_what_the_paper_says(name: str, variance: float) -> None:
    weights = draw(name)
    assert weights.shape == (N_IN, N_OUT)
    # 40,000 draws: the variance has a standard error of 0.7 %, the mean one of σ/200
    assert weights.var() == pytest.approx(variance, rel=0.03)
    assert abs(weights.mean()) <= 4 * np.sqrt(variance) / 200


@pytest.mark.parametrize(("n_in", "n_out"), [(6, 4), (4, 6), (5, 5)])
def test_orthogonal_has_orthonormal_rows_or_columns(n_in: int, n_out: int) -> None:
    weights = draw("orthogonal", n_in, n_out)
    small = weights.T @ weights if n_in >= n_out else weights @ weights.T
    np.testing.assert_allclose(small, np.eye(min(n_in, n_out)), atol=1e-14)


def test_orthogonal_matrices_are_drawn_evenly() -> None:
    # of a uniformly distributed orthogonal matrix the expected trace is 0; plain QR would give a clearly negative one
    rng = np.random.default_rng(0)
    traces = [np.trace(INITS["orthogonal"](rng, 3, 3)) for _ in range(2000)]
    # the trace has variance 1
    assert abs(np.mean(traces)) < 4 / np.sqrt(2000)


@pytest.mark.parametrize("name", ["he", "xavier", "lecun"])
def test_a_deep_network_keeps_its_signal_with_the_matching_pair_only(name: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 256))
    for _ in range(30):
        x = np.maximum(x @ INITS[name](rng, 256, 256), 0)
    kept = (x**2).mean() > 0.1
    assert kept == (name == "he")
