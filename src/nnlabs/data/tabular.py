"""Small sets of examples as plain NumPy arrays: Iris, the 8 x 8 digits, and toy sets drawn in the plane.

scikit-learn is imported inside the functions that need it: it costs more than a second, and `nnlabs --help` must not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.errors import DataError

PLANE = ("x₁", "x₂")


@dataclass(frozen=True)
class Table:
    """Examples as rows, features as columns.

    Args:
        name: short name, as in file names.
        title: what a figure calls it.
        x: features, shape (n, d), float64, in the units that `features` states.
        y: class of each row, shape (n,), int64, an index into `classes`.
        features: name of each column with its unit, such as "petal length (cm)".
        classes: name of each class.
    """

    name: str
    title: str
    x: Array
    y: NDArray[np.int64]
    features: tuple[str, ...]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.y)

    def rows(self, index: NDArray[np.int64]) -> Table:
        """The examples at `index`, in that order.

        Args:
            index: row numbers, shape (m,).
        """
        return replace(self, x=self.x[index], y=self.y[index])

    def only(self, classes: Sequence[str] | None = None, features: Sequence[str] | None = None) -> Table:
        """The examples of some classes, described by some features; classes are numbered anew in the order given.

        Args:
            classes: names of the classes to keep; all when None.
            features: names of the columns to keep, with or without their unit; all when None.

        Raises:
            DataError: a name that this table does not have.

        Example:
            >>> pair = iris().only(["setosa", "versicolor"], ["petal length", "petal width"])
            >>> pair.x.shape, pair.features
            ((100, 2), ('petal length (cm)', 'petal width (cm)'))
        """
        bare = [feature.partition(" (")[0] for feature in self.features]
        columns = [
            _position(feature.partition(" (")[0], bare, "feature", self.name)
            for feature in (self.features if features is None else features)
        ]
        kept = [
            _position(label, self.classes, "class", self.name)
            for label in (self.classes if classes is None else classes)
        ]
        number = np.full(len(self.classes), -1)
        number[kept] = np.arange(len(kept))
        wanted = np.isin(self.y, kept)
        return replace(
            self,
            x=np.ascontiguousarray(self.x[wanted][:, columns]),
            y=number[self.y[wanted]],
            features=tuple(self.features[column] for column in columns),
            classes=tuple(self.classes[label] for label in kept),
        )

    def split(self, test_fraction: float = 0.3, seed: int = 0) -> tuple[Table, Table]:
        """Training and test examples, each class in the same proportion in both.

        Args:
            test_fraction: share of the examples that goes to the test set, between 0 and 1.
            seed: seed of the draw.

        Returns:
            The training table and the test table; no row is in both.

        Raises:
            DataError: a fraction that leaves a class without an example on one of the sides.
        """
        from sklearn.model_selection import train_test_split

        try:
            train, test = train_test_split(
                np.arange(len(self)), test_size=test_fraction, random_state=seed, stratify=self.y
            )
        except ValueError as error:
            raise DataError(
                f"{self.title}: {len(self)} examples of {len(self.classes)} classes cannot be split so that a test share of "
                f"{test_fraction} and the rest both have every class; take another share or more examples"
            ) from error
        return self.rows(train), self.rows(test)


def _position(wanted: str, names: Sequence[str], what: str, table: str) -> int:
    if wanted not in names:
        raise DataError(f"{table} has no {what} {wanted!r}; it has {', '.join(names)}")
    return list(names).index(wanted)


def standardize(train: Array, *others: Array) -> list[Array]:
    """Centre and scale features by what the training examples alone say, so that no other example can leak into training.

    Each feature is centred by its own mean; all are divided by one number, the standard deviation over all centred training
    values: some features, like a pixel that is always white, never vary.

    Args:
        train: features of the training examples, shape (n, d).
        *others: of validation and test examples, shape (m, d) each.

    Returns:
        All of them in the same order, moved and scaled alike.
    """
    mean = train.mean(axis=0)
    scale = (train - mean).std()
    # x ← (x - mean) / scale
    return [(x - mean) / scale for x in (train, *others)]


def iris() -> Table:
    """Anderson's irises: 150 flowers of three species, four lengths in centimetres, 50 flowers a species.

    Setosa can be separated from the two others by a straight line; versicolor and virginica cannot be separated from each other.
    The values are scikit-learn's, which agree with Fisher's paper (the UCI file differs from it in two rows).

    Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7 (1936).
    """
    from sklearn.datasets import load_iris

    raw = load_iris()
    return Table(
        "iris",
        "Iris",
        raw.data,
        raw.target.astype(np.int64),
        tuple(raw.feature_names),
        tuple(map(str, raw.target_names)),
    )


def digits() -> Table:
    """1,797 handwritten digits as 64 pixels each, gray values from 0 (paper) to 16 (ink), row by row.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI (1998), its test part.
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    pixels = tuple(f"pixel {row},{column} (0 to 16)" for row in range(8) for column in range(8))
    return Table("digits8x8", "Digits 8 × 8", raw.data, raw.target.astype(np.int64), pixels, tuple("0123456789"))


def moons(n: int = 200, noise: float = 0.1, seed: int = 0) -> Table:
    """Two half circles that reach into each other: a straight line gets most of them, a curve all.

    Args:
        n: number of examples, half of them in each class.
        noise: standard deviation of the Gaussian noise on both features.
        seed: seed of the draw.
    """
    from sklearn.datasets import make_moons

    x, y = make_moons(n, noise=noise, random_state=seed)
    return Table("moons", "Moons", x, y.astype(np.int64), PLANE, ("upper", "lower"))


def circles(n: int = 200, noise: float = 0.1, seed: int = 0) -> Table:
    """A circle of radius 0.5 inside one of radius 1: no straight line gets more than about two thirds of them right.

    Args:
        n: number of examples, half of them in each class.
        noise: standard deviation of the Gaussian noise on both features.
        seed: seed of the draw.
    """
    from sklearn.datasets import make_circles

    x, y = make_circles(n, noise=noise, factor=0.5, random_state=seed)
    return Table("circles", "Circles", x, y.astype(np.int64), PLANE, ("outer", "inner"))


def blobs(n: int = 200, noise: float = 0.5, seed: int = 0, distance: float = 4.0) -> Table:
    """Two round clouds side by side: the larger `distance` is beside `noise`, the wider the gap between the classes.

    Args:
        n: number of examples, half of them in each class.
        noise: standard deviation of the clouds in both features.
        seed: seed of the draw.
        distance: distance of the clouds' centers.
    """
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    centers = np.array([[-distance / 2, 0.0], [distance / 2, 0.0]])
    return Table("blobs", "Blobs", centers[y] + rng.normal(0, noise, (n, 2)), y, PLANE, ("left", "right"))


def xor(n: int = 4, noise: float = 0.0, seed: int = 0) -> Table:
    """The corners of a square, opposite ones in the same class: exclusive or, which no straight line computes.

    Args:
        n: number of examples, dealt out to the four corners in turn; 4 without noise are the truth table.
        noise: standard deviation of the Gaussian noise on both features.
        seed: seed of the draw.
    """
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    corner = np.arange(n) % 4
    x = corners[corner] + np.random.default_rng(seed).normal(0, noise, (n, 2))
    return Table("xor", "XOR", x, np.array([0, 1, 1, 0])[corner], PLANE, ("equal", "different"))


def spirals(n: int = 200, noise: float = 0.05, seed: int = 0, turns: float = 1.5) -> Table:
    """Two arms of a spiral wound into each other, within the unit circle.

    After K. J. Lang and M. J. Witbrock, "Learning to tell two spirals apart" (1988), who wound them three times.

    Args:
        n: number of examples, half of them on each arm.
        noise: standard deviation of the Gaussian noise on both features.
        seed: seed of the draw.
        turns: how often each arm goes round, counted from the center; the innermost seventh of the radius is left out.
    """
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    # The area between two turns grows with the radius; drawing its square evenly keeps the arms evenly dense.
    radius = np.sqrt(rng.uniform(0.02, 1.0, n))
    angle = 2 * np.pi * turns * radius + np.pi * y
    x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, noise, (n, 2))
    return Table("spirals", "Spirals", x, y, PLANE, ("first arm", "second arm"))


TOYS: dict[str, Callable[[int, float, int], Table]] = {
    "blobs": blobs,
    "moons": moons,
    "circles": circles,
    "xor": xor,
    "spirals": spirals,
}
"""Toy sets in the plane by name; each takes (n, noise, seed)."""
