"""The confusion matrix and the most confident mistakes say what the numbers say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlabs.labs.regularization.figures.mistakes import Mistakes, confident_mistakes, confusion_matrix
from nnlabs.labs.regularization.findings import on_test
from nnlabs.plotting.style import describe_data, save

CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
DATA = describe_data("Fashion-MNIST", None, 10_000, 1, unit="test images")


def test_confusion_matrix_in_per_cent_of_the_true_class(check_layout) -> None:
    counts = np.random.default_rng(0).multinomial(60, np.full(10, 0.1), 10) + np.diag(np.full(10, 940))
    counts[6, 0] += 130
    figure, table = confusion_matrix(counts, CLASSES, DATA)
    texts = check_layout(figure)
    panel = figure.axes[0]
    share = counts[6, 0] / counts[6].sum()
    assert f'Most confused: {100 * share:.1f} % of "Shirt" are taken for "T-shirt/top"' in texts
    np.testing.assert_allclose(panel.images[0].get_array(), counts / counts.sum(axis=1, keepdims=True))
    cells = {text.get_position(): text.get_text() for text in panel.texts}
    assert cells[0, 6] == f"{np.floor(100 * share + 0.5):.0f}"  # x is what was said, y is the truth
    assert [label.get_text() for label in panel.get_yticklabels()] == CLASSES
    assert panel.get_ylabel() == "true class"
    assert len(table) == 100
    assert table[60] == {"true": "Shirt", "predicted": "T-shirt/top", "images": counts[6, 0], "share_of_true": share}


def test_halves_of_a_per_cent_are_rounded_up_and_no_cell_says_0(check_layout) -> None:
    figure, _ = confusion_matrix(np.array([[985, 5, 4], [6, 285, 709], [0, 0, 1]]), ["a", "b", "c"], DATA)
    check_layout(figure)
    cells = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert cells == {(0, 0): "99", (1, 0): "1", (0, 1): "1", (1, 1): "29", (2, 1): "71", (2, 2): "100"}


def test_of_classes_of_unequal_size_the_largest_share_is_the_most_confused_in_title_and_sentence(check_layout) -> None:
    counts = np.array([[980, 20, 0], [0, 40, 10], [0, 1, 49]])
    figure, _ = confusion_matrix(counts, ["cat", "dog", "fox"], DATA)
    assert 'Most confused: 20.0 % of "dog" are taken for "fox"' in check_layout(figure)
    said = on_test("L1", 0.97, counts.tolist(), ["cat", "dog", "fox"])
    assert said.endswith("most often it takes “dog” for “fox”: 20.0 % of that class (10 examples).")


def test_of_pairs_that_are_confused_alike_it_is_said_that_there_are_others(check_layout) -> None:
    counts = np.array([[0, 4, 0], [0, 3, 3], [8, 0, 0]])
    figure, _ = confusion_matrix(counts, ["cat", "dog", "fox"], DATA)
    assert 'Most confused: 100.0 % of "cat" are taken for "dog" (1 more alike)' in check_layout(figure)
    said = on_test("L1", 0.2, counts.tolist(), ["cat", "dog", "fox"])
    assert said.endswith("100.0 % of that class (4 examples; 1 more with the same share).")


def test_numbers_of_three_digits_stay_within_their_cells(check_layout) -> None:
    figure, _ = confusion_matrix(np.diag(np.full(30, 9)), [f"class {i}" for i in range(30)], DATA)
    check_layout(figure)
    panel, renderer = figure.axes[0], figure.canvas.get_renderer()
    cell = panel.transData.transform((1, 0))[0] - panel.transData.transform((0, 0))[0]
    assert len(panel.texts) == 30
    assert max(text.get_window_extent(renderer).width for text in panel.texts) < cell


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_no_mistakes_and_a_class_without_examples(check_layout) -> None:
    figure, table = confusion_matrix(np.diag([20] * 9 + [0]), [str(i) for i in range(10)], DATA)
    texts = check_layout(figure)
    assert "Confusion matrix: no mistakes" in texts
    assert texts.count("100") == 9
    assert table[-1]["share_of_true"] == 0


def mistakes(m: int, color: bool = False) -> Mistakes:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (m, 28, 28, 3) if color else (m, 28, 28)).astype(np.uint8)
    said, true = np.arange(m) % 10, (np.arange(m) + 9) % 10
    return Mistakes(images, said, true, np.linspace(0.999, 0.6, m), np.arange(m) * 7)


def test_most_confident_mistakes_with_long_names(check_layout) -> None:
    given = mistakes(20)
    figure, table = confident_mistakes(given, CLASSES, DATA)
    texts = check_layout(figure)
    panels = [panel for panel in figure.axes if panel.images]
    assert len(panels) == 15 == len(table)
    assert "said Ankle boot 0.81,\nis Bag" in texts
    np.testing.assert_array_equal(panels[9].images[0].get_array(), given.images[9])
    assert table[9] == {"test_index": 63, "predicted": "Ankle boot", "probability": given.probability[9], "true": "Bag"}


@pytest.mark.parametrize("m", [0, 1, 6])
def test_few_mistakes(m: int, check_layout) -> None:
    figure, table = confident_mistakes(mistakes(m, color=True), CLASSES, DATA)
    texts = check_layout(figure)
    assert ("Not one mistake" in texts) == (m == 0)
    assert len([panel for panel in figure.axes if panel.images]) == m == len(table)


@pytest.mark.parametrize("signals", [False, True])
def test_the_file_says_whether_it_shows_photographs(signals: bool, tmp_path: Path) -> None:
    given = replace(mistakes(2), images=np.ones((2, 40, 1))) if signals else mistakes(2)
    png, *_ = save(confident_mistakes(given, CLASSES, DATA)[0], tmp_path, "6_mistakes", {})
    with Image.open(png) as picture:
        assert picture.info.get("Comment") == (None if signals else "photographs")


def test_signals_are_drawn_as_lines_from_the_top_to_the_bottom_on_one_scale(check_layout) -> None:
    given = mistakes(7)
    given = replace(given, images=np.random.default_rng(0).normal(0, 2, (7, 40, 1)))
    figure, _ = confident_mistakes(given, CLASSES, DATA)
    assert "The most confident mistakes; signals run from the top to the bottom" in check_layout(figure)
    panels = [panel for panel in figure.axes if panel.lines]
    assert len(panels) == 7 and not any(panel.images for panel in panels)
    for panel, signal in zip(panels, given.images, strict=True):
        line = panel.lines[-1]
        np.testing.assert_array_equal(line.get_xdata(), signal[:, 0])
        np.testing.assert_array_equal(line.get_ydata(), np.arange(40))
        bottom, top = panel.get_ylim()
        assert bottom > 39 > 0 > top
    (limits,) = {panel.get_xlim() for panel in panels}
    assert limits[1] == -limits[0] > np.abs(given.images).max()


def test_class_names_of_32_letters_have_their_own_lines_above_each_image(check_layout) -> None:
    names = [f"golden_retriever_puppies_no_{i:04d}" for i in range(10)]
    figure, _ = confident_mistakes(mistakes(15), names, DATA)
    said = "".join("".join(check_layout(figure)).split())
    assert all(said.count(name) >= 2 for name in names)
    panels = [panel for panel in figure.axes if panel.images]
    assert min(panel.get_window_extent().height for panel in panels) > 100


def test_gray_images_are_shown_as_dark_as_they_are(check_layout) -> None:
    given = mistakes(2)
    for images, white in ((given.images // 4 + 60, 255), (np.full((2, 8, 8), 0.3), 1)):
        figure, _ = confident_mistakes(replace(given, images=images), CLASSES, DATA)
        check_layout(figure)
        assert figure.axes[0].images[0].get_clim() == (0, white)


@pytest.mark.parametrize(
    ("k", "letters", "numbered"), [(12, 32, True), (21, 10, True), (41, 24, False), (60, 10, False)]
)
def test_the_confusion_matrix_of_many_classes(check_layout, k: int, letters: int, numbered: bool) -> None:
    names = [f"{i:02d}{'_kinds_of_many_different_things'}"[:letters] for i in range(k)]
    figure, _ = confusion_matrix(97 * np.eye(k, dtype=int) + 3 * np.eye(k, k=1, dtype=int), names, DATA)
    texts = check_layout(figure)
    assert texts.count("97") == (k - 1 if numbered else 0)
    assert any("cells: % of the row" in text for text in texts) == numbered
    assert texts.count(names[0]) == 2
