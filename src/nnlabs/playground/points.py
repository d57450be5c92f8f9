"""The playground's data: points in the plane, split into training and test, and what the network sees of them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.data.tabular import PLANE, TOYS, Table, iris
from nnlabs.errors import DataError
from nnlabs.playground.settings import Settings

LETTERS = "ABCDEF"
"""What the classes of own points are called."""


def clouds(n: int = 200, noise: float = 0.2, seed: int = 0) -> Table:
    """Five round clouds on a circle of radius 1, one a class.

    Args:
        n: number of examples, dealt out to the clouds in turn.
        noise: standard deviation of a cloud in both features.
        seed: seed of the draw.
    """
    y = np.arange(n) % 5
    angle = 2 * np.pi * y / 5
    x = np.column_stack([np.cos(angle), np.sin(angle)]) + np.random.default_rng(seed).normal(0, noise, (n, 2))
    return Table("clouds", "Five clouds", x, y, PLANE, ("A", "B", "C", "D", "E"))


def petals() -> Table:
    """Iris by its two most telling features, length and width of the petals."""
    return iris().only(features=("petal length", "petal width"))


def own(points: Sequence[tuple[float, float, int]]) -> Table:
    """A table of points (x, y, class); classes are numbered anew, without gaps, in their order.

    Raises:
        DataError: for fewer than two classes, or a class with a single point.
    """
    kinds, y = np.unique(np.array([point[2] for point in points], np.int64), return_inverse=True)
    if len(kinds) < 2 or np.bincount(y).min() < 2:
        raise DataError("own data need two classes or more, and at least two points of each: draw a few more")
    names = tuple(LETTERS[kind] for kind in kinds)
    return Table("own", "Your own", np.array([point[:2] for point in points], float), y, PLANE, names)


def make_table(settings: Settings) -> Table:
    """All examples of an experiment, with their noise.

    Raises:
        DataError: for own points of which no data set can be made.
    """
    if settings.data in TOYS:
        return TOYS[settings.data](settings.n, settings.noise, settings.seed)
    if settings.data == "clouds":
        return clouds(settings.n, settings.noise, settings.seed)
    table = petals() if settings.data == "iris" else own(settings.points)
    jitter = np.random.default_rng(settings.seed).normal(0, settings.noise, table.x.shape)
    return Table(table.name, table.title, table.x + jitter, table.y, table.features, table.classes)


@dataclass(frozen=True)
class CsvPoints:
    """What a CSV file holds.

    Attributes:
        points: [x, y, class], both features brought to the range from -1 to 1.
        features: names of the two features.
        classes: names of the classes.
        found: how many points the file has, of which `points` may be a part.
    """

    points: list[list[float]]
    features: list[str]
    classes: list[str]
    found: int


def read_csv(text: str, most: int, most_classes: int) -> CsvPoints:
    """Points of a CSV file: the first two columns of numbers are the features, the last column the class.

    Args:
        text: the file; commas, semicolons or tabs between the columns, a first line of names or none.
        most: how many points at most; of more, as many are drawn at random, but two of each class in any case.
        most_classes: how many classes at most.

    Raises:
        DataError: where two features and a class cannot be found, with the line at fault.
    """
    if "\ufffd" in text:  # what the browser puts in the place of bytes that are no UTF-8
        raise DataError("the CSV file is not UTF-8, so that its letters cannot be told apart: save it as UTF-8")
    rows = _rows(text)
    if len(rows) < 4 or len(rows[0][1]) < 3:
        raise DataError(
            "a CSV file of points needs three columns, two numbers and a class, parted by commas, semicolons or tabs, and at least "
            "four lines"
        )
    rows = _without_index(rows)
    for line, row in rows:
        if len(row) != len(rows[0][1]):
            raise DataError(
                f"line {line} of the CSV file has {len(row)} cells and its first line {len(rows[0][1])}; where commas part the "
                "cells, numbers must have a decimal point: 1.5, not 1,5"
            )
    header = rows.pop(0)[1] if _is_header(rows[0][1]) else ["x₁", "x₂"]
    features = [_features(row, line) for line, row in rows]
    labels = [row[-1].strip() for _, row in rows]
    classes = sorted(set(labels))
    if not 2 <= len(classes) <= most_classes:
        raise DataError(f"the last column must hold the class, 2 to {most_classes} different ones, not {len(classes)}")
    if single := [name for name, count in sorted(Counter(labels).items()) if count < 2]:
        raise DataError(f"the class {single[0]} stands in one line only; each class needs two at least")
    kept = _drawn(labels, most)
    x = _scaled(np.array([features[k] for k in kept]))
    points = [[*pair, classes.index(labels[k])] for pair, k in zip(x.tolist(), kept, strict=True)]
    names = [name.strip()[:40] for name in header[:2]]
    return CsvPoints(points, names, [name[:40] for name in classes], len(labels))


def _without_index(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The rows without the row numbers that pandas writes: a first column whose name is empty."""
    first = rows[0][1]
    return [(line, row[1:]) for line, row in rows] if len(first) > 3 and not first[0].strip() else rows


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Each line that is not empty, with its number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        return [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise DataError(f"line {reader.line_num} cannot be read as CSV ({error})") from error


def _drawn(labels: Sequence[str], most: int) -> list[int]:
    """Rows drawn at random, in their order: two of each class first, so that no rare one is lost."""
    order, seen = np.random.default_rng(0).permutation(len(labels)).tolist(), Counter[str]()
    turns = []
    for k in order:
        seen[labels[k]] += 1
        turns.append((seen[labels[k]] > 2, k))
    return sorted(k for _, k in sorted(turns, key=lambda turn: turn[0])[:most])


def _scaled(x: Array) -> Array:
    """Both columns brought to the range from -1 to 1, to three decimals, so that they fit into a link."""
    span = np.ptp(x, axis=0)
    scaled: Array = (2 * (x - x.min(0)) / np.where(span > 0, span, 1) - 1).round(3)
    return scaled


def _delimiter(text: str) -> str:
    first = next(filter(str.strip, text.splitlines()), "")
    return max("\t;,", key=first.count)  # of as many, not the comma: there are decimal ones


def _is_number(cell: str) -> bool:
    try:
        return abs(float(cell)) < 1e12  # NaN is not
    except ValueError:
        return False


MISSING = ("na", "n/a", "nan", "null", "?")
"""What stands for a number that is missing, in small letters."""


def _is_header(row: Sequence[str]) -> bool:
    """Whether a line has names: neither of its first two cells is a number, or stands for one."""
    numeric = [cell.strip().lower() in MISSING or _is_number(cell.replace(",", ".")) for cell in row[:2]]
    return not any(numeric)


def _features(row: Sequence[str], line: int) -> list[float]:
    at, numbers = f"line {line} of the CSV file", row[:2]
    if len(row) >= 3 and any("," in cell and _is_number(cell.replace(",", ".")) for cell in numbers):
        raise DataError(f"{at}: numbers must have a decimal point, not a comma: 1.5, not 1,5")
    if len(row) < 3 or not all(map(_is_number, numbers)):
        raise DataError(f"{at}: the first two columns must be numbers, and a class must follow")
    if not row[-1].strip():
        raise DataError(f"{at}: the last column must hold the class, and is empty")
    return [float(row[0]), float(row[1])]


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of the training examples, with which all inputs are normalized; both of shape (2,)."""

    mean: Array
    std: Array

    def __call__(self, x: Array) -> Array:
        """(x - mean) / std, (n, 2) in and out."""
        normalized: Array = (x - self.mean) / self.std
        return normalized


def fit_scale(x: Array) -> Scale:
    """The scale of training examples, shape (n, 2); a constant feature is left as it is, but for its mean."""
    std = x.std(0)
    # Of a constant column such as 0.1, rounding leaves a standard deviation of 1e-17.
    return Scale(x.mean(0), np.where(std > 1e-12 * np.abs(x).max(0), std, 1.0))


def extent(table: Table) -> list[float]:
    """The part of the plane that is shown, [left, right, bottom, top]: all points and a tenth around them.

    Of own points it holds the square from -1 to 1 at least, so that it stays put while one draws.
    """
    low, high = table.x.min(0), table.x.max(0)
    if table.name == "own":
        low, high = np.minimum(low, -1), np.maximum(high, 1)
    margin = np.where(high > low, 0.1 * (high - low), 1.0)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return [left, right, bottom, top]


def hues(table: Table) -> list[int]:
    """Which of the page's colors each class has: of own points that of its letter, in which it was drawn."""
    return [LETTERS.index(name) if table.name == "own" else k for k, name in enumerate(table.classes)]


def describe(table: Table, train: Table, test: Table) -> dict[str, Any]:
    """What the page shows of the data: points of both sides, names, and the part of the plane."""
    return {
        "train": np.column_stack([train.x.round(4), train.y]).tolist(),
        "test": np.column_stack([test.x.round(4), test.y]).tolist(),
        "features": table.features,
        "classes": table.classes,
        "hues": hues(table),
        "extent": extent(table),
    }
