from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from nnlabs.scratch.draw import draw_graph
from nnlabs.scratch.tensor import Tensor

SVG = "{http://www.w3.org/2000/svg}"


def drawn(result: Tensor, **names: Tensor) -> ElementTree.Element:
    return ElementTree.fromstring(draw_graph(result, names))


def texts(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_every_tensor_is_a_box_with_value_and_gradient_and_every_use_a_line() -> None:
    w, x = Tensor(3.0), Tensor(2.0)
    loss = (w * x - 1) * w
    loss.backward(retain_graph=True)
    picture = drawn(loss, w=w, loss=loss)
    # boxes: w, x, w x, w x - 1, loss; lines: two into w x, one into the difference, two into the loss
    assert len(list(picture.iter(f"{SVG}rect"))) == 5
    assert len(list(picture.iter(f"{SVG}path"))) == 5
    assert {"w", "leaf", "mul", "sub", "loss = mul"} < set(texts(picture))
    assert {"data 15", "grad 11", "data 5", "grad 9"} < set(texts(picture))


def test_arrays_are_shown_by_shape_and_length() -> None:
    x = Tensor(np.full((2, 2), 3.0))
    loss = x.sum()
    loss.backward(retain_graph=True)
    assert {"leaf (2, 2)", "‖data‖ 6", "‖grad‖ 2", "sum_over", "data 12"} < set(texts(drawn(loss)))


def test_a_graph_can_be_drawn_before_backward() -> None:
    assert "grad –" in texts(drawn(Tensor(1.0) * 2))


def test_no_box_lies_over_another_and_all_lie_in_the_picture() -> None:
    x = Tensor(1.0)
    parts = [(x * k).tanh() + x for k in range(6)]
    picture = drawn(sum(parts, Tensor(0.0)))
    boxes = [tuple(float(r.get(k) or 0) for k in ("x", "y", "width", "height")) for r in picture.iter(f"{SVG}rect")]
    for (x1, y1, width, height), (x2, y2, _, _) in combinations(boxes, 2):
        assert abs(x1 - x2) >= width or abs(y1 - y2) >= height
    for x1, y1, width, height in boxes:
        assert x1 >= 0 and y1 >= 0
        assert x1 + width <= float(picture.get("width") or 0)
        assert y1 + height <= float(picture.get("height") or 0)


def test_lines_lead_from_left_to_right() -> None:
    a = Tensor(2.0)
    for line in drawn((a * a + a) * a).iter(f"{SVG}path"):
        numbers = (line.get("d") or "").replace("M", "").replace("C", " ").split()
        assert float(numbers[0]) < float(numbers[-2])


def test_names_are_written_as_text_whatever_they_hold() -> None:
    x = Tensor(1.0)
    assert "a < b & c" in texts(ElementTree.fromstring(draw_graph(x * 2, {"a < b & c": x})))


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
