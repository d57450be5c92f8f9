"""One style for every figure: type sizes, colors with fixed roles, titles that state the data, one way of saving.

Figures are made 10 inches wide, so that at the 1000 pixels of a README a 12 point letter is 17 pixels high.
The colors are those of Okabe and Ito, "Color Universal Design" (2008, https://jfly.uni-koeln.de/color/), which readers
with any common color blindness tell apart; line styles and markers say the same a second time.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlabs.files import open_whole
from nnlabs.plotting.fonts import font_families, wrap
from nnlabs.plotting.panel import panel_class
from nnlabs.records import CsvTable, write_csv

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"

TRAIN, VALIDATION, TEST = BLUE, VERMILION, GREEN
CLASS_COLORS, CLASS_MARKERS = (BLUE, VERMILION, GREEN), ("o", "^", "s")
HIGHLIGHT = PURPLE
NEUTRAL = "#6B6B6B"
FAINT = "#C8C8C8"
INK = "#1A1A1A"

# Yellow is left out: as a line on white paper it cannot be seen. Seven colors and four line styles share no factor,
# so taken in step they give 28 different looks before one returns.
COLORS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)
LINE_STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

DPI = 150
STAND_IN = "STAND-IN"
PHOTOGRAPHS = "photographs"
"""Group id of a figure that shows photographs, which its PNG has as `Comment`: a page in the dark leaves its colors as they are."""

_TITLE_SIZE, _DATA_SIZE, _POINTS = 15.0, 11.5, 72.0

RC: dict[Any, Any] = {
    "text.parse_math": False,  # names that people give may hold dollar signs
    "font.size": 12.0,
    "text.color": INK,
    "axes.titlesize": 13.0,
    "axes.titlelocation": "left",
    "axes.labelsize": 12.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": NEUTRAL,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.8,
    "xtick.labelsize": 11.0,
    "ytick.labelsize": 11.0,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.fontsize": 11.0,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "lines.markersize": 6.0,
    "hatch.linewidth": 0.8,
    "image.cmap": "cividis",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
    "svg.hashsalt": "nnlabs",  # without it the ids inside an SVG are random
    "svg.fonttype": "path",
}

CROSS_ENTROPY = "cross-entropy (nats)"
"""The usual loss, as an axis names it."""


def set_style() -> None:
    """Set the style for the whole process, whatever the user's `matplotlibrc` says."""
    import matplotlib

    matplotlib.rcdefaults()
    matplotlib.rcParams.update({**RC, "font.family": font_families()})
    # A letter that no font has becomes a box, which one sees; a page of warnings would add nothing.
    warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)


def new_figure(
    width: float = 10.0, height: float = 6.0, rows: int = 1, cols: int = 1, **options: Any
) -> tuple[Figure, np.ndarray[Any, Any]]:
    """Make an empty figure in the project's style, laid out without overlaps (matplotlib's constrained layout).

    The style is set for the whole process (`matplotlib.rcParams`), not for a block: matplotlib makes tick labels only
    when it draws, so a figure drawn after such a block had ended would come out half in another style.

    Args:
        width: inches; 10 unless there is a reason.
        height: inches.
        rows: number of rows of panels.
        cols: number of columns of panels.
        **options: for `Figure.subplots`, such as `sharex=True` or `width_ratios=[2, 1]`.

    Returns:
        The figure, and its axes as an array of shape (rows, cols), also for a single panel.

    Example:
        >>> figure, axes = new_figure(rows=1, cols=2, sharey=True)
        >>> axes.shape
        (1, 2)
    """
    from matplotlib.figure import Figure

    set_style()
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, cols, squeeze=False, subplot_kw={"axes_class": panel_class()}, **options)


def new_panels(count: int, cols: int, height: float, rest: float = 1.4) -> tuple[Figure, list[Axes]]:
    """Make a figure of small panels, all to one scale; tick labels stand at the left and below the lowest only.

    Args:
        count: how many.
        cols: how many side by side, at most; fewer where that needs no further row and fills the last one.
        height: of one row, inches.
        rest: what the figure is higher than its rows, inches: title and axis label.

    Returns:
        The figure and its panels, row by row.
    """
    rows = -(-count // cols)
    cols = -(-count // rows)
    figure, axes = new_figure(10, rest + height * rows, rows, cols, sharex=True, sharey=True)
    for panel in axes.flat[count:]:
        panel.set_axis_off()
    for panel in axes.flat[max(0, count - cols) : count]:
        panel.tick_params(labelbottom=True)
    return figure, list(axes.flat[:count])


def series_style(index: int) -> dict[str, Any]:
    """Color and line style of the `index`-th series, as keywords for `Axes.plot`; 28 differ before one returns."""
    return {"color": COLORS[index % len(COLORS)], "linestyle": LINE_STYLES[index % len(LINE_STYLES)]}


def ink(color: str) -> tuple[float, float, float]:
    """A darker shade of `color` for letters, which are thinner than lines and need more contrast to be read.

    Args:
        color: any matplotlib color.

    Returns:
        Red, green and blue in [0, 1]: a third of the light taken away.
    """
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(color)
    return 0.67 * red, 0.67 * green, 0.67 * blue


def describe_data(
    name: str,
    stand_in_for: str | None,
    n_train: int | Sequence[int],
    seeds: int | None = None,
    unit: str = "training images",
    label_noise: float = 0.0,
) -> str:
    """The second line of a title: which data, how many examples, how many seeds, wrong labels. A stand-in is shouted.

    Args:
        name: the data set's own title, such as "Fashion-MNIST".
        stand_in_for: title of the data set this one stands in for, or None when it is the real one.
        n_train: number of examples learned from; several where what is compared learns from different numbers.
        seeds: number of repetitions; None where nothing is random.
        unit: what is counted by `n_train`.
        label_noise: share of the training labels that are wrong.

    Example:
        >>> describe_data("scikit-learn digits", "Fashion-MNIST", 1347, seeds=3)
        'scikit-learn digits, STAND-IN for Fashion-MNIST · n = 1,347 training images · 3 seeds'
    """
    numbers = (n_train,) if isinstance(n_train, int) else n_train
    n = " to ".join(f"{number:,}" for number in sorted({min(numbers), max(numbers)}))
    parts = [f"{name}, {STAND_IN} for {stand_in_for}" if stand_in_for else name, f"n = {n} {unit}"]
    if seeds is not None:
        parts.append("1 seed" if seeds == 1 else f"{seeds} seeds")
    if label_noise:
        parts.append(f"{100 * label_noise:.0f} % of the training labels are wrong")
    return " · ".join(parts)


def title(figure: Figure, what: str, data_line: str) -> None:
    """Write a figure's title: what one sees in bold, below it the data; red where the data is a stand-in.

    Long lines are wrapped at the figure's width, and the panels make room. Call it once a figure. Both lines become the figure's
    label too, from which the files that are made of it take them along.

    Args:
        figure: from `new_figure`.
        what: what one sees, as a short statement.
        data_line: from `describe_data`.
    """
    figure.set_label(f"{what}\n{data_line}")
    width, height = figure.get_size_inches()
    shouted = STAND_IN in data_line
    top = height - 0.1
    for text, size, weight, color in (
        (what, _TITLE_SIZE, "bold", INK),
        (data_line, _DATA_SIZE, "bold" if shouted else "normal", ink(VERMILION) if shouted else NEUTRAL),
    ):
        lines = wrap(text, size, weight, (width - 0.2) * _POINTS)
        figure.text(
            0.1 / width, top / height, "\n".join(lines), size=size, weight=weight, color=color, va="top", ha="left"
        )
        top -= len(lines) * 1.4 * size / _POINTS
    figure.set_layout_engine("constrained", rect=(0.0, 0.0, 1.0, (top - 0.02) / height))


def save(figure: Figure, folder: Path, name: str, table: CsvTable) -> list[Path]:
    """Write a figure as `name.png` (150 dpi) and `name.svg`, and the numbers it was drawn from as `name.csv`.

    The same figure gives the same bytes: no date is written. Each file appears whole or not at all. Both pictures carry the title
    as `Title` and the data line as `Description`, so that they can be told without looking; a PNG of photographs says that, too.

    Args:
        figure: the figure.
        folder: where to; made if missing.
        name: the files' name without ending.
        table: the numbers, as columns of one length (`{"epoch": [1, 2], "loss": [0.9, 0.5]}`) or as rows.

    Returns:
        The paths of the PNG, the SVG and the CSV file.

    Raises:
        RunError: where a file cannot be written.
        ValueError: where the table's columns differ in length.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    png, svg, numbers = (folder / f"{name}.{ending}" for ending in ("png", "svg", "csv"))
    write_csv(numbers, table)
    what, _, data_line = str(figure.get_label()).partition("\n")
    about = {"Title": what, "Description": data_line}
    comment = {"Comment": PHOTOGRAPHS} if figure.get_gid() == PHOTOGRAPHS else {}
    # `Figure.savefig` would draw everything once more before each file, to nowhere; drawing it once finds the layout too.
    dpi, figure.dpi = figure.dpi, DPI
    with open_whole(png, "wb") as file:
        FigureCanvasAgg(figure).print_png(file, metadata=about | comment)  # type: ignore[no-untyped-call]
    figure.dpi = dpi
    # The layout just found holds for the SVG too; finding it again is half of the SVG's cost.
    engine = figure.get_layout_engine()
    figure.set_layout_engine("none")
    with open_whole(svg, "wb") as file:
        FigureCanvasSVG(figure).print_svg(file, metadata={**about, "Date": None})  # type: ignore[no-untyped-call]
    figure.set_layout_engine(engine)
    return [png, svg, numbers]
