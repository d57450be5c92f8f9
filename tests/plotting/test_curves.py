"""Learning curves of one network."""

from __future__ import annotations

import pytest

from nnlabs.plotting.curves import learning_curve


@pytest.mark.parametrize("losses", [[1.0, 0.01, 0.0], [0.0, 0.0, 0.0], [0.0, 0.002, 0.001]])
def test_a_loss_of_exactly_0_has_a_place_of_its_own(check_layout, losses: list[float]) -> None:
    history = {"epoch": [1, 2, 3], "train_loss": losses, "validation_loss": [1.0, 0.5, 0.4]}
    history |= {f"{part}_accuracy": [0.9, 1.0, 1.0] for part in ("train", "validation")}
    figure, _ = learning_curve(history, "mlp on digits", "Digits · n = 100 images")
    assert {"training 100.0 %", f"training {losses[-1]:.3g}"} <= set(check_layout(figure))
    panel = figure.axes[0]
    pixels = panel.transData.transform([(1, loss) for loss in losses])[:, 1]
    assert (pixels >= panel.bbox.y0).all() and (pixels <= panel.bbox.y1).all()


def test_the_epoch_whose_weights_are_kept_is_marked_where_it_is_not_the_last(check_layout) -> None:
    history = {"epoch": [1, 2, 3], "train_loss": [1.0, 0.5, 0.4], "validation_loss": [1.0, 0.5, 0.6]}
    history |= {f"{part}_accuracy": [0.5, 0.6, 0.7] for part in ("train", "validation")}
    figure, _ = learning_curve(history, "mlp on digits", "Digits", kept=2)
    assert "Digits · dotted: epoch 2, whose weights are kept" in check_layout(figure)
    assert [[2, 2] in [list(line.get_xdata()) for line in panel.lines] for panel in figure.axes] == [True, True]
    figure, _ = learning_curve(history, "mlp on digits", "Digits", kept=3)
    assert all(len(panel.lines) == 2 for panel in figure.axes)
