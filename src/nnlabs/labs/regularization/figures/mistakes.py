"""Where a classifier errs: the confusion matrix, and the mistakes it was most confident of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.plotting.fonts import wrap
from nnlabs.plotting.intervals import Drawn, percent, to_rows
from nnlabs.plotting.style import BLUE, FAINT, INK, PHOTOGRAPHS, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 15  # so many mistakes are shown
_SIDE = 440.0  # about how long a side of the confusion matrix is, in points
_SLANTED = 20  # names of more classes than that stand upright below it
_NUMBERED = 30  # with more classes than that, no number has room in its cell
_TEXT, _WIDTH = 10.5, 126.0  # letters above an image, and how wide a line of them may be, in points


def confusion_matrix(counts: NDArray[np.int64], classes: Sequence[str], data_line: str) -> Drawn:
    """Draw which class was taken for which, in per cent of each true class.

    Args:
        counts: shape (k, k); entry [i, j] is how many examples of class i were taken for class j.
        classes: the k names.
        data_line: from `style.describe_data`, with the number of test images.
    """
    from matplotlib.colors import PowerNorm

    k = len(classes)
    shares = _shares(counts)
    figure, axes = new_figure(10, 9.4)
    panel = axes[0, 0]
    numbered = k <= _NUMBERED
    what = "cells: % of the row; empty: below 0.5 %" if numbered else "the darker, the larger the share of its row"
    title(figure, _in_words(most_confused(counts), classes), f"{data_line} · {what}")
    panel.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, 0.0, 1.0))  # √ shows small shares
    size = 0.75 * _SIDE / k  # letters a little lower than a cell
    whole = _whole_percent(counts)
    narrow = 0.9 * _SIDE / k / (0.6 * len(str(whole.max())))  # a digit is 0.6 times as wide as high
    for (i, j), percentage in np.ndenumerate(whole):
        if percentage and numbered:
            color = "white" if shares[i, j] > 0.5 else INK  # of the two the one with more contrast on these blues
            panel.text(j, i, f"{percentage}", ha="center", va="center", color=color, size=min(12.0, size, narrow))
    upright: dict[str, Any] = {"rotation": 90} if k > _SLANTED else {}
    slanted: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    panel.set_xticks(range(k), classes, size=min(11.0, size), **(upright or slanted))
    panel.set_yticks(range(k), classes, size=min(11.0, size))
    panel.set_xlabel("class the network says")
    panel.set_ylabel("true class")
    panel.grid(False)
    table = [
        {"true": classes[i], "predicted": classes[j], "images": n, "share_of_true": shares[i, j]}
        for (i, j), n in np.ndenumerate(counts)
    ]
    return figure, table


def _whole_percent(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each row, halves rounded up; in whole numbers, so that 0.5 % is exactly that: it is 1, all below is 0."""
    sums = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.asarray((200 * counts + sums) // (2 * sums))


class Confusion(NamedTuple):
    """A pair of classes by number: the true one, what was said, of which share of the true one; how many others are as bad."""

    true: int
    said: int
    share: float
    others: int


def most_confused(counts: NDArray[np.int64]) -> Confusion | None:
    """The pair that is confused most often, by its share of the true class, as classes differ in size; None without a mistake.

    Args:
        counts: as for `confusion_matrix`.
    """
    shares = _shares(counts) * (1 - np.eye(len(counts)))
    true, said = divmod(int(np.argmax(shares)), len(shares))
    share = float(shares[true, said])
    return Confusion(true, said, share, int(np.isclose(shares, share).sum()) - 1) if share else None


def _shares(counts: NDArray[np.int64]) -> Array:
    """Each entry's share of its row; 0 in a row without examples."""
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def _in_words(most: Confusion | None, classes: Sequence[str]) -> str:
    if most is None:
        return "Confusion matrix: no mistakes"
    pair = f'{percent(most.share)} % of "{classes[most.true]}" are taken for "{classes[most.said]}"'
    return f"Most confused: {pair}{f' ({most.others} more alike)' if most.others else ''}"


@dataclass(frozen=True)
class Mistakes:
    """Wrong answers of one network, the most confident first.

    Attributes:
        images: shape (m, height, width), or (m, height, width, 3) for color; uint8, or floats in [0, 1]. With a width of 1 they
            are signals, floats of any size, and drawn as lines.
        predicted: shape (m,), class numbers.
        true: shape (m,), indices of the true classes.
        probability: shape (m,), what the network gave the predicted class.
        index: shape (m,), where in the test split each image stands.
    """

    images: NDArray[np.uint8] | Array
    predicted: NDArray[np.int64]
    true: NDArray[np.int64]
    probability: Array
    index: NDArray[np.int64]


def confident_mistakes(mistakes: Mistakes, classes: Sequence[str], data_line: str) -> Drawn:
    """Draw the most confident mistakes, five a row, each with what was said and what is true.

    Args:
        mistakes: of which the first fifteen are shown.
        classes: the names.
        data_line: from `style.describe_data`, with the number of test images.
    """
    m = min(MOST, len(mistakes.predicted))
    rows = -(-m // 5)
    predicted, true = ([classes[i] for i in which[:m]] for which in (mistakes.predicted, mistakes.true))
    texts = [_say(*answer) for answer in zip(predicted, mistakes.probability[:m], true, strict=True)]
    # Each line beyond two makes the rows higher.
    more = max((text.count("\n") - 1 for text in texts), default=0) * 1.2 * _TEXT / 72
    figure, axes = new_figure(10, 1.1 + (2.3 + more) * rows, max(1, rows), 5)
    signals = mistakes.images.shape[2] == 1
    how = "; signals run from the top to the bottom" if m and signals else ""
    if not signals:
        figure.set_gid(PHOTOGRAPHS)
    title(figure, f"The most confident mistakes{how}" if m else "Not one mistake", data_line)
    for panel in axes.flat:
        panel.set_axis_off()
    reach = float(np.abs(mistakes.images).max(initial=0))
    for i, panel in enumerate(axes.flat[:m]):
        _show(panel, mistakes.images[i], reach)
        panel.set_title(texts[i], size=_TEXT, loc="center")
    table = to_rows(test_index=mistakes.index[:m], predicted=predicted, probability=mistakes.probability[:m], true=true)
    return figure, table


def _say(predicted: str, probability: float, true: str) -> str:
    """What was said and what is true, in lines no wider than an image's place."""
    lines = (f"said {predicted} {probability:.2f},", f"is {true}")
    return "\n".join(part for line in lines for part in wrap(line, _TEXT, "normal", _WIDTH))


def _show(panel: Axes, image: NDArray[np.uint8] | Array, reach: float) -> None:
    """An image as it is; a signal as a line from the top to the bottom, its numbers to the right, so that one can see its digit."""
    if image.shape[1] > 1:
        white = 255 if image.dtype == np.uint8 else 1
        panel.imshow(image, cmap="gray", vmin=0, vmax=white, interpolation="nearest")
        return
    panel.axvline(0, color=FAINT, linewidth=1)
    panel.plot(image[:, 0], np.arange(len(image)), color=BLUE)
    panel.set(xlim=(-1.05 * reach, 1.05 * reach), ylim=(len(image), -1))
