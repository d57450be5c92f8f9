"""The style keeps its word: readable, distinguishable, stand-ins shouted, the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from nnlabs.plotting import style
from nnlabs.plotting.fonts import wrap
from nnlabs.plotting.labels import Label, label_points
from nnlabs.plotting.style import COLORS, describe_data, ink, new_figure, new_panels, save, series_style, title

# What a dichromat sees, from linear RGB: Machado, Oliveira, Fernandes, IEEE TVCG 15(6), 2009, severity 1.0.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(color: object) -> np.ndarray:
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB under D65."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    x, y, z = np.cbrt(np.maximum(np.array(to_xyz) @ rgb / [0.95047, 1.0, 1.08883], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_colors_can_be_told_apart(blindness: str) -> None:
    seen = [lab(np.clip(np.array(BLINDNESS[blindness]) @ linear(color), 0, 1)) for color in COLORS]
    # A difference of 2.3 can just be noticed; one of 10 is seen at a glance.
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 10


def test_labels_have_the_contrast_that_web_accessibility_asks_of_text() -> None:
    for color in (*COLORS, style.TRAIN, style.VALIDATION, style.TEST, style.HIGHLIGHT, style.NEUTRAL):
        luminance = np.array([0.2126, 0.7152, 0.0722]) @ linear(ink(color))
        assert 1.05 / (luminance + 0.05) >= 4.5, color  # WCAG 2.1, level AA


def test_series_look_different_in_color_or_line() -> None:
    looks = [tuple(series_style(index).values()) for index in range(28)]
    assert len(set(looks)) == 28
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(looks))


def test_small_panels_share_their_axes_and_every_column_ends_in_tick_labels(check_layout) -> None:
    figure, panels = new_panels(5, cols=3, height=2)
    panels[0].set(xlim=(0, 7), ylim=(0, 3))
    check_layout(figure)
    assert len(panels) == 5
    assert {(panel.get_xlim(), panel.get_ylim()) for panel in panels} == {((0, 7), (0, 3))}
    labeled = [panel.xaxis.get_tick_params()["labelbottom"] for panel in panels]
    assert labeled == [False, False, True, True, True]
    assert [panel.axison for panel in figure.axes] == [True] * 5 + [False]


@pytest.mark.parametrize(("count", "shape"), [(3, (1, 3)), (4, (1, 4)), (5, (2, 3)), (9, (3, 3)), (11, (3, 4))])
def test_small_panels_take_no_more_columns_than_their_rows_need(count: int, shape: tuple[int, int]) -> None:
    figure, _ = new_panels(count, cols=4, height=2)
    assert figure.axes[0].get_subplotspec().get_geometry()[:2] == shape


def test_describe_data() -> None:
    assert describe_data("Fashion-MNIST", None, 50_000, 5) == "Fashion-MNIST · n = 50,000 training images · 5 seeds"
    assert describe_data("Iris", None, 150, unit="flowers") == "Iris · n = 150 flowers"
    assert (
        describe_data("scikit-learn digits", "Fashion-MNIST", 1347, 1)
        == "scikit-learn digits, STAND-IN for Fashion-MNIST · n = 1,347 training images · 1 seed"
    )


def test_a_stand_in_is_shouted(check_layout) -> None:
    looks = {}
    for stand_in_for in (None, "Fashion-MNIST"):
        figure, _ = new_figure()
        line = describe_data("digits", stand_in_for, 1347, 3)
        title(figure, "What one sees", line)
        assert line in check_layout(figure)
        text = figure.texts[1]
        looks[stand_in_for] = (text.get_weight(), text.get_color())
    assert looks[None] == ("normal", style.NEUTRAL)
    assert looks["Fashion-MNIST"] == ("bold", ink(style.VERMILION))


@pytest.mark.parametrize("width", [6.0, 10.0])
def test_long_titles_wrap_and_panels_make_room(width: float, check_layout) -> None:
    figure, axes = new_figure(width, 5, 1, 2)
    for panel in axes.flat:
        panel.set_title("Panel")
    title(figure, "Wide MEN AND WOMEN wonder " * 5, describe_data("A Long Name " * 5, "Fashion-MNIST", 10**6, 10))
    texts = check_layout(figure)
    assert any(text.count("\n") >= 1 and "STAND-IN" in text for text in texts)
    lowest = min(text.get_window_extent().y0 for text in figure.texts)
    assert all(panel.title.get_window_extent().y1 < lowest for panel in axes.flat)


def example() -> Figure:
    figure, axes = new_figure(10, 4)
    axes[0, 0].plot([1, 2, 3], [0.5, 0.7, 0.6])
    title(figure, "Example", describe_data("digits", None, 100))
    return figure


def test_letters_are_readable_at_the_width_of_a_readme(check_layout) -> None:
    figure = example()
    check_layout(figure)
    panel = figure.axes[0]
    sizes = [label.get_size() for label in (*panel.get_xticklabels(), panel.xaxis.label, *figure.texts)]
    assert min(sizes) * 1000 / (10 * 72) >= 15  # pixels a letter's height, in a 10 inch figure shown 1000 pixels wide


NAMES = (
    "$5_to_$10",
    "$\\frac{",
    "x_{2}^{$",
    "100 % & #1",
    "日本語",
    "😀 smile",
    "<b>&amp;",
    "हिन्दी",
    "العربية",
    "a" * 32,
)


def test_names_that_people_give_are_drawn_as_they_are_without_a_word(
    check_layout, tmp_path: Path, capfd, recwarn
) -> None:
    figure, axes = new_figure(10, 7)
    panel = axes[0, 0]
    panel.set(xscale="log", xlim=(1e-3, 1e6), ylim=(-1, len(NAMES)), title="$title_$", xlabel="$x_$")
    panel.set_yticks(range(len(NAMES)), NAMES)
    panel.plot([1e-2, 1], [0, 1], label="$line$")
    panel.legend()
    label_points(
        panel, [Label(name, 10.0 ** (number - 3), number, style.BLUE) for number, name in enumerate(NAMES[:3])]
    )
    title(figure, "What $5_to_$10 says", "$data_$ · n = 3")
    texts = check_layout(figure)
    assert set(NAMES) | {"$title_$", "$x_$", "$line$", "What $5_to_$10 says", "10⁶"} <= set(texts)
    assert not any("mathdefault" in text for text in texts)
    save(figure, tmp_path, "names", {"name": NAMES})
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_a_word_longer_than_a_line_is_broken(check_layout) -> None:
    figure, _ = new_figure(6, 5)
    title(figure, "An " + "endless" * 30 + " name", describe_data("folder_" * 40, None, 100))
    assert any("\n" in text for text in check_layout(figure))


@pytest.mark.parametrize(
    ("scale", "limits", "expected"),
    [
        ("log", (0.1, 100), {"10⁻¹", "10⁰", "10²"}),
        ("log", (2, 8), {"2×10⁰", "6×10⁰"}),
        ("symlog", (-1e3, 1e3), {"−10³", "0", "10³"}),
    ],
)
def test_powers_of_ten_are_plain_letters_on_all_panels_of_one_scale(scale: str, limits, expected: set[str]) -> None:
    figure, axes = new_figure(rows=2, cols=2, sharex=True)
    axes[0, 0].set(xscale=scale, xlim=limits)
    axes[1, 1].set(yscale=scale, ylim=limits)
    FigureCanvasAgg(figure).draw()
    for axis in (axes[1, 0].xaxis, axes[1, 1].xaxis, axes[1, 1].yaxis):
        assert expected <= {label.get_text() for label in axis.get_ticklabels(which="both")}


def test_importing_the_plotting_room_imports_neither_matplotlib_nor_scipy() -> None:
    code = (
        "import sys, pkgutil, importlib, nnlabs.plotting as room;"
        "[importlib.import_module(f'nnlabs.plotting.{m.name}') for m in pkgutil.iter_modules(room.__path__)];"
        "print(*{'matplotlib', 'scipy', 'sklearn', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("width", range(80, 260, 20))
def test_a_percent_sign_stays_with_its_number(width: int) -> None:
    lines = wrap("bars: 95 % confidence interval of 100 % of the seeds", 10, "normal", width)
    assert " ".join(lines) == "bars: 95 % confidence interval of 100 % of the seeds"
    assert len(lines) > 1
    assert not any(line.startswith("%") for line in lines)
