"""MNIST-1D (Greydanus and Kobak 2024, arXiv:2011.14439): signals made by their package, checked, and kept once made."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import torch

from nnlabs.data.catalog import Entry, Generated
from nnlabs.data.examples import Examples
from nnlabs.data.images import ImageSet
from nnlabs.data.standins import CLASSES
from nnlabs.errors import DataError, RunError
from nnlabs.files import open_whole
from nnlabs.paths import user_cache

TRAIN, LENGTH = 4000, 40
# One example of the file: its numbers, little-endian float32, and its class.
RECORD = np.dtype([("x", "<f4", (LENGTH,)), ("y", "u1")])


def mnist1d(entry: Entry, root: Path) -> ImageSet:
    """MNIST-1D as its authors' package makes it: 4,000 training and 1,000 test signals, float32, (1, 40, 1), ten classes.

    Args:
        entry: that of `mnist1d`, or of `mnist1d_shuffled`.
        root: folder of the data sets, where the signals are kept; the user's cache where that cannot be written.

    Raises:
        DataError: the installed package makes other signals than the published ones.
    """
    assert entry.generated is not None
    content = _kept(entry.generated, root) or make_and_keep(entry, root)
    records = np.frombuffer(content, RECORD)
    x = torch.from_numpy(records["x"].astype(np.float32)).view(-1, 1, LENGTH, 1)
    y = torch.from_numpy(records["y"].astype(np.int64))
    train, test = Examples(x[:TRAIN], y[:TRAIN]), Examples(x[TRAIN:], y[TRAIN:])
    return ImageSet(entry, CLASSES, train, test)


def _places(generated: Generated, root: Path) -> list[Path]:
    return [folder / generated.files[0].path for folder in (root, user_cache() / "data")]


def _kept(generated: Generated, root: Path) -> bytes | None:
    """What was made before, if it is there and undamaged."""
    for path in _places(generated, root):
        with suppress(OSError):
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() == generated.files[0].digest:
                return content
    return None


def make_and_keep(entry: Entry, root: Path) -> bytes:
    """Make the signals, and keep them in the first place that can be written, if there is one.

    Args:
        entry: as for `make`.
        root: folder of the data sets; the user's cache comes next.
    """
    assert entry.generated is not None
    content = make(entry)
    for path in _places(entry.generated, root):
        with suppress(RunError), open_whole(path, "wb") as file:
            file.write(content)
            break
    return content


def make(entry: Entry) -> bytes:
    """Have the package make the signals; takes some seconds.

    The values are the package's own, rounded to float32: none lies within 100 roundings of a float64 of where two float32 meet,
    so that all processors get the same.

    Args:
        entry: that of `mnist1d`, or of `mnist1d_shuffled`.

    Returns:
        One `RECORD` an example, the training examples first.

    Raises:
        DataError: as `mnist1d`.
    """
    generated = entry.generated
    assert generated is not None
    advice = f"install the right one with `pip install {generated.package}=={generated.version}`"
    try:
        with _global_generators_kept():
            records = _records(shuffled=entry.name == "mnist1d_shuffled")
    except ImportError as error:
        raise DataError(
            f"{entry.title} cannot be made, for {generated.package} does not load ({error}); {advice}"
        ) from error
    content = records.tobytes()
    if hashlib.sha256(content).hexdigest() != generated.files[0].digest:
        raise DataError(
            f"the installed version of {generated.package} makes other signals than {generated.version}, on which all results "
            f"with {entry.title} rest; {advice}"
        )
    return content


def _records(shuffled: bool) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    from mnist1d.data import get_dataset_args, make_dataset

    settings = get_dataset_args()
    settings.shuffle_seq = shuffled
    made = make_dataset(settings)
    records = np.empty(len(made["x"]) + len(made["x_test"]), RECORD)
    records["x"] = np.concatenate([made["x"], made["x_test"]])
    records["y"] = np.concatenate([made["y"], made["y_test"]])
    return records


@contextmanager
def _global_generators_kept() -> Iterator[None]:
    """Give NumPy's and Python's global generators, which the package seeds, their states back."""
    states = np.random.get_state(), random.getstate()  # noqa: NPY002 (it is that generator)
    try:
        yield
    finally:
        np.random.set_state(states[0])  # noqa: NPY002
        random.setstate(states[1])
