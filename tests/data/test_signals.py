from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import lookup
from nnlabs.data.load import image_set, load
from nnlabs.data.signals import make
from nnlabs.errors import DataError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder in which both sets have been made; Python's and NumPy's global generators stay as they were."""
    folder = tmp_path_factory.mktemp("data")
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))  # what this machine's user has there is left alone
        for name in ("mnist1d", "mnist1d_shuffled"):
            image_set(name, folder)
    after = random.getstate(), np.random.get_state()  # noqa: NPY002
    assert repr(after) == repr(before)
    return folder


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    """The user's cache is elsewhere, and empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.slow
def test_signals_are_those_of_the_authors_package(root):
    from mnist1d.data import get_dataset_args, make_dataset

    made, images = make_dataset(get_dataset_args()), image_set("mnist1d", root)
    for part, x, y in ((images.train, made["x"], made["y"]), (images.test, made["x_test"], made["y_test"])):
        assert part.shape == (1, 40, 1) and part.x.dtype == torch.float32 and part.y.dtype == torch.int64
        assert np.array_equal(part.x[:, 0, :, 0].numpy(), x.astype(np.float32))
        assert np.array_equal(part.y.numpy(), y)
    assert (len(images.train), len(images.test), images.classes[7]) == (4000, 1000, "seven")


@pytest.mark.slow
def test_shuffled_signals_hold_the_same_numbers_in_one_other_order(root):
    plain, shuffled = (image_set(name, root) for name in ("mnist1d", "mnist1d_shuffled"))
    order = [int((plain.train.x == shuffled.train.x[:, :, [place]]).all((0, 1, 3)).nonzero()) for place in range(40)]
    assert sorted(order) == list(range(40)) and order != list(range(40))
    for one, other in ((plain.train, shuffled.train), (plain.test, shuffled.test)):
        assert torch.equal(one.x[:, :, order], other.x)
        assert torch.equal(one.y, other.y)


@pytest.mark.slow
def test_what_was_made_is_read_again_and_a_damaged_file_is_made_anew(root, tmp_path, no_cache, monkeypatch):
    path = tmp_path / "MNIST-1D" / "mnist1d.bin"
    path.parent.mkdir()
    whole = (root / "MNIST-1D" / "mnist1d.bin").read_bytes()
    path.write_bytes(whole[:1000] + b"?" + whole[1001:])
    image_set("mnist1d", tmp_path)
    assert path.read_bytes() == whole
    monkeypatch.setattr("nnlabs.data.signals.make", None)  # is not called
    assert len(image_set("mnist1d", tmp_path).train) == 4000
    assert [file.name for file in path.parent.iterdir()] == ["mnist1d.bin"]


@pytest.mark.slow
def test_where_the_root_cannot_be_written_the_users_cache_keeps_them(root, tmp_path, no_cache):
    (tmp_path / "file").write_text("")
    images = image_set("mnist1d", tmp_path / "file" / "data")
    kept = tmp_path / "cache" / "nnlabs" / "data" / "MNIST-1D" / "mnist1d.bin"
    assert kept.read_bytes() == (root / "MNIST-1D" / "mnist1d.bin").read_bytes()
    assert images.train.digest() == image_set("mnist1d", root).train.digest()


@pytest.mark.slow
def test_where_nothing_can_be_written_they_are_made_each_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(image_set("mnist1d", tmp_path / "file").test) == 1000


@pytest.mark.slow
def test_other_signals_than_the_published_ones_are_refused():
    entry = lookup("mnist1d")
    assert entry.generated is not None
    (file,) = entry.generated.files
    other = replace(entry, generated=replace(entry.generated, files=(replace(file, digest="0" * 64),)))
    with pytest.raises(
        DataError, match=r"mnist1d makes other signals than 0\.0\.2\.post1.*pip install mnist1d==0\.0\.2"
    ):
        make(other)


def test_a_package_that_does_not_load_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "mnist1d.data", None)
    with pytest.raises(DataError, match=r"MNIST-1D cannot be made.*pip install mnist1d==0\.0\.2"):
        make(lookup("mnist1d"))


@pytest.mark.slow
def test_other_code_paths_of_the_processor_make_the_same_signals(root):
    """NumPy's and OpenBLAS's plainest kernels, in a process of its own."""
    code = (
        "import hashlib\nfrom nnlabs.data.catalog import lookup\nfrom nnlabs.data.signals import make\n"
        "print(hashlib.sha256(make(lookup('mnist1d'))).hexdigest())"
    )
    plain = {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL", "MPLBACKEND": ""}
    environment = {**os.environ, **plain, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == hashlib.sha256((root / "MNIST-1D" / "mnist1d.bin").read_bytes()).hexdigest()


def test_training_signals_are_normalized_by_their_own_mean_and_deviation(root):
    splits = load(DataConfig(name="mnist1d", root=str(root), train_size=500))
    x = splits.train.x.double()
    assert splits.mean.item() == pytest.approx(x.mean().item(), abs=1e-8)
    assert splits.std.item() == pytest.approx(x.std(correction=0).item(), rel=1e-7)
    as_it_lies = load(DataConfig(name="mnist1d", root=str(root), normalize=False))
    assert (as_it_lies.mean.item(), as_it_lies.std.item()) == (0, 1)


def test_a_share_of_the_training_labels_can_be_made_wrong(root):
    clean, noisy = (load(DataConfig(name="mnist1d", root=str(root), label_noise=share)) for share in (None, 0.3))
    assert (clean.label_noise, noisy.label_noise) == (0, 0.3)
    assert (clean.train.y != noisy.train.y).float().mean().item() == pytest.approx(0.3, abs=1e-3)
    assert torch.equal(clean.validation.y, noisy.validation.y)
