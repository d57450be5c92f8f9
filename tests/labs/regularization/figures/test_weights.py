"""Histograms lose no weight, zeros are counted exactly, first-layer images stand where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.regularization.figures.weights import first_layer_images, weight_histograms
from nnlabs.plotting.style import describe_data

DATA = describe_data("Fashion-MNIST", None, 50_000, 1)


def test_histograms_hold_every_weight_and_count_exact_zeros(check_layout) -> None:
    rng = np.random.default_rng(0)
    sparse = np.where(np.arange(20_000) < 15_000, 0.0, rng.laplace(0, 0.01, 20_000))
    weights = {"plain": rng.normal(0, 0.05, (100, 100)), "L2": rng.normal(0, 0.02, 5000), "L1": sparse}
    figure, table = weight_histograms(weights, DATA)
    texts = check_layout(figure)
    reach = max(np.abs(array).max() for array in weights.values())
    near, plain = (100 * np.mean(np.abs(array) < reach / 81) for array in (sparse, weights["plain"]))
    assert (
        f"First-layer weights after training: L1 has {near:.1f} % within ±{reach / 81:.2g} of 0, plain {plain:.1f} %"
        in texts
    )
    assert [panel.get_title("left") for panel in figure.axes] == [
        "plain\nexactly 0: 0.0 % of 10,000",
        "L2\nexactly 0: 0.0 % of 5,000",
        "L1\nexactly 0: 75.0 % of 20,000",
    ]
    for panel, (name, array) in zip(figure.axes, weights.items(), strict=True):
        counts, edges, _ = panel.patches[0].get_data()
        rows = [row for row in table if row["technique"] == name]
        assert counts.sum() == array.size == sum(row["weights"] for row in rows)
        assert [row["bin_from"] for row in rows] == list(edges[:-1])
        np.testing.assert_array_equal(counts, np.histogram(array, edges)[0])
        assert panel.get_yscale() == "log"
        assert panel.get_ylim()[1] > counts.max()
    zero = next(row for row in table if row["technique"] == "L1" and row["bin_from"] < 0 < row["bin_to"])
    assert zero["weights"] >= 15_000


def test_weights_that_are_all_zero_or_not_numbers(check_layout) -> None:
    figure, _ = weight_histograms({"L1": np.zeros(100), "diverged": np.full(10, np.nan)}, DATA)
    texts = check_layout(figure)
    assert any(text.startswith("First-layer weights after training: L1 has 100.0 %") for text in texts)
    assert "L1\nexactly 0: 100.0 % of 100" in texts


def test_first_layer_images_side_by_side_on_one_symmetric_scale(check_layout) -> None:
    rng = np.random.default_rng(0)
    maps = {name: rng.normal(0, scale, (8, 28, 28)) for name, scale in (("plain", 0.1), ("L2", 0.03), ("L1", 0.01))}
    figure, table = first_layer_images(maps, DATA, cols=3)
    texts = check_layout(figure)
    reach = np.quantile(np.abs(np.concatenate([*maps.values()])), 0.995)
    assert any(f"±{reach:.2g}" in text for text in texts)
    for panel, images in zip(figure.axes[:3], maps.values(), strict=True):
        (image,) = panel.images
        assert image.get_clim() == pytest.approx((-reach, reach))
        mosaic = np.ma.filled(image.get_array(), np.nan)
        assert mosaic.shape == (3 * 30, 3 * 30)
        np.testing.assert_array_equal(mosaic[31:59, 61:89], images[5])  # second row, third column
        assert np.isnan(mosaic[61:89, 61:89]).all()  # there is no ninth unit
    assert len(table) == 3 * 8
    assert table[5]["y3_x7"] == pytest.approx(maps["plain"][5, 3, 7], rel=1e-3)


def test_first_layer_weights_of_signals_are_lines_on_one_scale(check_layout) -> None:
    rng = np.random.default_rng(0)
    maps = {name: rng.normal(0, scale, (8, 40, 1)) for name, scale in (("plain", 0.1), ("L1", 0.01))}
    figure, table = first_layer_images(maps, DATA, cols=3)
    texts = check_layout(figure)
    reach = np.quantile(np.abs(np.concatenate([*maps.values()])), 0.995)
    assert "First-layer weights as lines: what each unit looks for" in texts
    assert any(f"±{reach:.2g}" in text for text in texts)
    for panel, units in zip(figure.axes, maps.values(), strict=True):
        assert not panel.images
        line = panel.lines[
            2 * 5 + 1
        ]  # after each unit's zero line its weights; unit 5 is in the second row, third column
        across = np.clip(units[5, :, 0], -reach, reach) / reach
        np.testing.assert_allclose(line.get_xdata(), 2 + 0.45 * across)
        assert line.get_ydata()[0] == 1 and line.get_ydata()[-1] == pytest.approx(1.9)
        bottom, top = panel.get_ylim()
        assert bottom > top  # the beginning is at the top
    assert len(table) == 2 * 8
    assert table[5]["y3_x0"] == pytest.approx(maps["plain"][5, 3, 0], rel=1e-3)


def test_a_few_exact_zeros_are_not_said_to_be_none(check_layout) -> None:
    few = np.ones(100_000)
    few[:20] = 0
    figure, _ = weight_histograms({"plain": np.ones(100), "L1": few}, DATA)
    texts = check_layout(figure)
    assert "First-layer weights after training: L1 has 0.02 % within ±0.012 of 0, plain 0.0 %" in texts
    assert {"L1\nexactly 0: 0.02 % of 100,000", "plain\nexactly 0: 0.0 % of 100"} <= set(texts)
