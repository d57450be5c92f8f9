from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from nnlabs.scratch.draw import draw_graph
from nnlabs.scratch.tensor import Tensor


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def patches(figure: Figure, kind: type) -> list:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, kind)]


def test_every_tensor_is_a_box_with_value_and_gradient_and_the_chain_rule_stands_on_the_arrows() -> None:
    w, x = Tensor(3.0), Tensor(2.0)
    loss = (w * x - 1) * w
    loss.backward(retain_graph=True)
    figure = draw_graph(loss, {"w": w, "loss": loss})
    # boxes: w, x, w x, w x - 1, loss; arrows: two into w x, one into the difference, two into the loss
    assert len(patches(figure, FancyBboxPatch)) == 5
    assert len(patches(figure, FancyArrowPatch)) == 5
    assert {"w", "leaf", "mul", "sub 1", "loss = mul"} < set(texts(figure))
    assert {"data 15", "grad 11", "data 5", "grad 9"} < set(texts(figure))
    # dL/dw = 5 + 3 · 1 · 2
    assert sorted(text for text in texts(figure) if text.startswith("×")) == ["× 1", "× 2", "× 3", "× 3", "× 5"]


def test_a_tensor_used_twice_in_one_operation_has_one_arrow_with_both_slopes() -> None:
    x = Tensor(3.0)
    figure = draw_graph(x * x)
    assert len(patches(figure, FancyArrowPatch)) == 1
    assert "× 6" in texts(figure)


def test_arrays_are_shown_by_shape_and_length() -> None:
    x = Tensor(np.full((2, 2), 3.0))
    loss = x.sum()
    loss.backward(retain_graph=True)
    shown = texts(draw_graph(loss))
    assert {"leaf (2, 2)", "‖data‖ 6", "‖grad‖ 2", "sum_over", "data 12"} < set(shown)
    assert not any(text.startswith("×") for text in shown)


def test_a_graph_can_be_drawn_before_backward() -> None:
    assert "grad –" in texts(draw_graph(Tensor(1.0) * 2))
    negative = Tensor(-1.5) * -2
    negative.backward(retain_graph=True)
    assert {"data −1.5", "grad −2", "× −2"} < set(texts(draw_graph(negative)))


def test_no_box_lies_over_another_all_lie_in_the_picture_and_each_holds_its_text() -> None:
    x = Tensor(-1.2345)
    parts = [(x * k).tanh() + x for k in range(1, 4)]
    loss = sum(parts, Tensor(0.0))
    loss.backward(retain_graph=True)
    figure = draw_graph(loss, {"the loss": loss})
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [patch.get_window_extent() for patch in patches(figure, FancyBboxPatch)]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    for box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
    words = [text for text in figure.axes[0].texts if not text.get_text().startswith("×")]
    for extent in (text.get_window_extent(canvas.get_renderer()) for text in words):
        assert (
            sum(b.x0 <= extent.x0 and extent.x1 <= b.x1 and b.y0 <= extent.y0 and extent.y1 <= b.y1 for b in boxes) == 1
        )


def test_arrows_lead_from_left_to_right() -> None:
    a = Tensor(2.0)
    figure = draw_graph((a * a + a) * a)
    arrows = [patch.get_path().vertices for patch in patches(figure, FancyArrowPatch)]
    assert len(arrows) == 5
    assert all(arrow[:, 0].min() < arrow[:, 0].max() for arrow in arrows)


def test_a_graph_that_nobody_could_read_is_refused() -> None:
    x = Tensor(1.0)
    for _ in range(250):
        x = x + 1
    with pytest.raises(ValueError, match="251 tensors, too many"):
        draw_graph(x)


def test_a_freed_graph_is_named() -> None:
    loss = Tensor(1.0) * 2
    loss.backward()
    with pytest.raises(RuntimeError, match="freed"):
        draw_graph(loss)
