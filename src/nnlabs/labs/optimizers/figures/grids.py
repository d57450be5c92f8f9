"""Accuracies over two settings as heat maps: optimizer by schedule, and learning rate by weight decay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.plotting.fonts import text_width
from nnlabs.plotting.heat_maps import draw_map, outline
from nnlabs.plotting.intervals import MINUS, Drawn, names_of, percent, score_span
from nnlabs.plotting.style import HIGHLIGHT, INK, new_figure, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_DEPTH = 0.2  # length of the color scale, as a share; what lies below is as dark as its end
_MAP_POINTS = 530  # about how wide all maps of a figure are together
_WITHIN = 0.01  # cells no further below the best than that are outlined


def score_grid(scores: Array, optimizers: Sequence[str], schedules: Sequence[str], data_line: str) -> Drawn:
    """Draw the accuracy of each optimizer with each schedule, the best of each row outlined, the best of all in color.

    Args:
        scores: validation accuracies in [0, 1], shape (optimizers, schedules); nan where every run diverged.
        optimizers: the rows.
        schedules: the columns.
        data_line: from `style.describe_data`.
    """
    # A map of one or two rows is drawn higher, for the words along its color bar.
    figure, axes = new_figure(10, 2.9 + 0.38 * max(3, len(optimizers)))
    panel = axes[0, 0]
    hatched = " · hatched: diverged" if np.isnan(scores).any() else ""
    note = f"validation accuracy (%) · outlined: the best schedule of each row{hatched}"
    title(figure, _best_pair(scores, optimizers, schedules), f"{data_line} · {note}")
    image = draw_map(panel, 100 * scores, optimizers, _in_words(schedules), ".1f", **_scale([scores]))
    _name_columns(panel.xaxis, _in_words(schedules), _MAP_POINTS)
    written = np.round(100 * scores, 1)  # what reads alike is equally good
    best = written == np.fmax.reduce(written, axis=1, keepdims=True)
    for row in range(len(optimizers)):  # one by one, so that neighbors do not melt into one outline
        outline(panel, best & (np.arange(len(optimizers)) == row)[:, None], INK)
    outline(panel, written == np.fmax.reduce(written, axis=None), HIGHLIGHT)
    _color_bar(figure, image, [panel], [scores])
    return figure, [
        {"optimizer": optimizers[i], "schedule": schedules[j], "validation_accuracy": score}
        for (i, j), score in np.ndenumerate(scores)
    ]


def _in_words(names: Sequence[str]) -> list[str]:
    return [name.replace("_", " ") for name in names]


def _best_pair(scores: Array, optimizers: Sequence[str], schedules: Sequence[str]) -> str:
    if np.isnan(scores).all():
        return "Every run diverged"
    best = float(np.nanmax(scores))
    words = _in_words(schedules)
    pairs = {f"{optimizers[i]} with {words[j]}": float(score) for (i, j), score in np.ndenumerate(scores)}
    who = names_of(pairs, best)
    return f"Best pair{'' if who in pairs else 's'}: {who}, {percent(best)} %"


def _scale(maps: Sequence[Array]) -> dict[str, Any]:
    """One color scale, in per cent: from the lowest to the highest accuracy, but no more than 20 points long."""
    low, high = score_span(np.stack(maps))
    return {"vmin": 100 * max(low, high - _DEPTH), "vmax": 100 * high}


def _color_bar(figure: Figure, image: AxesImage, panels: Sequence[Axes], maps: Sequence[Array]) -> None:
    low, high = score_span(np.stack(maps))
    extend = "min" if low < high - _DEPTH else "neither"
    figure.colorbar(image, ax=panels, extend=extend, label="validation accuracy (%)", fraction=0.04)


def _name_columns(axis: Axis, names: Sequence[str], width: float) -> None:
    """Write names below a map that is `width` points wide: straight where they fit, else slanted, each ending at its column."""
    fit = max(text_width(name, 11) for name in names) + 8 <= width / len(names)
    slanted: dict[str, Any] = {} if fit else {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    axis.set_ticks(range(len(names)), names, **slanted)


def decoupling(maps: Mapping[str, Array], lr: Sequence[float], weight_decay: Sequence[float], data_line: str) -> Drawn:
    """Draw accuracy over learning rate and weight decay, one panel a kind of decay, all on one color scale.

    Outlined are all cells within one point of the panel's best. Where the two settings are coupled, their region is slanted:
    whoever changes the one has to change the other. Then its rows and columns are correlated, r, which the panel's title says,
    but for regions in one row or column, which have no r, and for those of two cells, whose r is 1 or -1 wherever they lie.

    Args:
        maps: by the panels' titles: validation accuracies in [0, 1], shape (weight_decay, lr); nan: diverged.
        lr: learning rates, rising, the columns.
        weight_decay: strengths, rising, the rows.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 2.4 + 0.42 * len(weight_decay), 1, len(maps), sharey=True)
    panels = list(axes[0])
    hatched = " · hatched: diverged" if any(np.isnan(scores).any() for scores in maps.values()) else ""
    title(figure, _better_kind(maps), f"{data_line} · {_what_is_outlined(maps)}{hatched}")
    cols, rows = ([f"{value:.2g}" for value in values] for values in (lr, weight_decay))
    for panel, (name, scores) in zip(panels, maps.items(), strict=True):
        image = draw_map(panel, 100 * scores, rows, cols, ".1f", **_scale(list(maps.values())))
        panel.invert_yaxis()  # strong decay on top
        best = np.fmax.reduce(scores, axis=None)
        outline(panel, _good(scores), INK)
        outline(panel, scores == best, HIGHLIGHT)
        _name_columns(panel.xaxis, cols, _MAP_POINTS / len(maps))
        panel.set(title=f"{name}{_correlation(_good(scores))}", xlabel="learning rate")
    panels[0].set_ylabel("weight decay λ")
    _color_bar(figure, image, panels, list(maps.values()))
    return figure, [
        {"kind": name, "lr": lr[j], "weight_decay": weight_decay[i], "validation_accuracy": score}
        for name, scores in maps.items()
        for (i, j), score in np.ndenumerate(scores)
    ]


def _better_kind(maps: Mapping[str, Array]) -> str:
    """The best of each panel, in words."""
    bests = {name: float(np.fmax.reduce(scores, axis=None)) for name, scores in maps.items()}
    if not np.isfinite(list(bests.values())).any():
        return "Every run diverged"
    words = {name: f"{percent(best)} %" if np.isfinite(best) else "none that ended" for name, best in bests.items()}
    return "Best: " + ", ".join(f"{name} {best}" for name, best in words.items())


def _good(scores: Array) -> NDArray[np.bool_]:
    """The cells no further below the best than that."""
    return np.asarray(scores >= np.fmax.reduce(scores, axis=None) - _WITHIN)


def _what_is_outlined(maps: Mapping[str, Array]) -> str:
    """What the outlines mean, and r where a panel's title has one."""
    any_r = any(_correlation(_good(scores)) for scores in maps.values())
    r = "; r: correlation of their rows and columns" if any_r else ""
    return f"outlined: no more than 1 point below the best{r}"


def _correlation(chosen: NDArray[np.bool_]) -> str:
    """Between rows and columns of the chosen cells, for a title; nothing where it does not exist or says nothing."""
    rows, cols = np.nonzero(chosen)
    if len(rows) < 3 or len(set(rows)) < 2 or len(set(cols)) < 2:
        return ""
    r = f"{np.corrcoef(rows, cols)[0, 1]:z.2f}".replace("-", MINUS)
    return f" (r = {r})"
