"""What every figure owes its reader, as a check that tests of drawing functions call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

LayoutCheck = Callable[[Figure], list[str]]


@pytest.fixture
def check_layout() -> LayoutCheck:
    """Draw a figure; assert that each text lies inside it and over no other text; return the texts one sees."""

    def check(figure: Figure) -> list[str]:
        boxes = text_boxes(figure)
        paper = figure.bbox.padded(1)
        for text, box in boxes:
            said = text.get_text()
            assert paper.containsx(box.x0) and paper.containsx(box.x1), (
                f"{said!r} runs out of the figure sideways: {box}"
            )
            assert paper.containsy(box.y0) and paper.containsy(box.y1), f"{said!r} runs out at the top or bottom: {box}"
        for a, b in overlapping(boxes):
            slanted = a.get_rotation() % 90 != 0 and a.get_rotation() == b.get_rotation()
            assert slanted, f"{a.get_text()!r} lies over {b.get_text()!r}"
        return [text.get_text() for text, _ in boxes]

    return check


def overlapping(boxes: Sequence[tuple[Text, Bbox]]) -> Iterator[tuple[Text, Text]]:
    """Pairs of texts whose boxes share more than a pixel along each edge."""
    corners = np.array([[box.min + 1, box.max - 1] for _, box in boxes]).reshape(-1, 2, 2)
    low = np.maximum(corners[:, None, 0], corners[None, :, 0])
    high = np.minimum(corners[:, None, 1], corners[None, :, 1])
    for i, j in zip(*np.triu((low < high).all(-1), k=1).nonzero(), strict=True):
        yield boxes[i][0], boxes[j][0]


def text_boxes(figure: Figure) -> list[tuple[Text, Bbox]]:
    """Each text that is drawn, and the box it fills, in pixels."""
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    hidden = hidden_tick_labels(figure)
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text not in hidden and drawn(text)]
    renderer: RendererAgg = canvas.get_renderer()
    # Text's own method: an annotation's box would contain its line too.
    return [(text, Text.get_window_extent(text, renderer)) for text in texts]


def hidden_tick_labels(figure: Figure) -> set[Text]:
    """Labels that matplotlib keeps but does not draw: those of ticks outside the limits, and of axes switched off."""
    axes_on = {axis: axis.axes.axison and axis.get_visible() for axis in figure.findobj(Axis)}
    shown = {tick for axis, on in axes_on.items() if on for tick in axis._update_ticks()}
    every = {tick for axis in axes_on for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]}
    labels = {label for tick in every - shown for label in (tick.label1, tick.label2)}
    return labels | {axis.label for axis, on in axes_on.items() if not on}


def drawn(text: Text) -> bool:
    return bool(text.get_visible())
