from __future__ import annotations

import pickle
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnlabs.config.schema import DataConfig
from nnlabs.data.load import count_training, image_set, load, load_cached
from nnlabs.errors import ConfigError, DataError
from nnlabs.paths import data_root


def test_fashion_mnist_is_read_as_torchvision_reads_it(tiny_fashion, tmp_path):
    from torchvision.datasets import FashionMNIST

    tiny_fashion.put(tmp_path)
    images = image_set("fashion_mnist", tmp_path)
    for part, theirs in ((images.train, FashionMNIST(tmp_path, True)), (images.test, FashionMNIST(tmp_path, False))):
        assert part.shape == (1, 28, 28)
        assert part.x.dtype == torch.uint8
        assert part.y.dtype == torch.int64
        for row, (picture, label) in enumerate(theirs):
            assert np.array_equal(part.x[row, 0], np.asarray(picture))
            assert part.y[row] == label
    assert images.classes[9] == "Ankle boot"


def test_cifar10_is_read_as_torchvision_reads_it(tiny_cifar, tmp_path):
    from torchvision.datasets import CIFAR10

    tiny_cifar.put(tmp_path)
    images = image_set("cifar10", tmp_path)
    assert (len(images.train), len(images.test)) == (100, 20)
    for part, theirs in ((images.train, CIFAR10(tmp_path, True)), (images.test, CIFAR10(tmp_path, False))):
        assert part.shape == (3, 32, 32)
        assert part.y.dtype == torch.int64
        for row, (picture, label) in enumerate(theirs):
            assert np.array_equal(part.x[row].permute(1, 2, 0), np.asarray(picture))
            assert part.y[row] == label
    assert images.classes[0] == "airplane"


def test_missing_set_is_downloaded_on_loading(tiny_cifar, serve, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLABS_MIRRORS", serve(tiny_cifar.archives)[0])
    assert len(load(DataConfig(name="cifar10", root=str(tmp_path), validation_fraction=0.2)).train) == 80


def test_missing_set_that_cannot_be_had_is_a_sentence(tiny_cifar, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLABS_MIRRORS", "http://127.0.0.1:9/")
    with pytest.raises(DataError, match=r"CIFAR-10 could not be downloaded: .*mnist1d, which need no network"):
        load(DataConfig(name="cifar10", root=str(tmp_path)))


def test_altered_pickle_is_refused_before_it_is_opened(tiny_cifar, tmp_path):
    """A pickle can run anything; only bytes with the published checksum may be unpickled."""

    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").write_text, ("",))

    tiny_cifar.put(tmp_path)
    path = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    path.write_bytes(pickle.dumps(Trap()).ljust(path.stat().st_size, b"\0"))
    with pytest.raises(DataError, match="data_batch_1 is not the published file"):
        load(DataConfig(name="cifar10", root=str(tmp_path)))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.real_data
def test_real_fashion_mnist_has_its_published_counts_and_statistics():
    images = image_set("fashion_mnist", data_root())
    assert images.train.y.bincount().tolist() == [6000] * 10
    assert images.test.y.bincount().tolist() == [1000] * 10
    pixels = images.train.x.double() / 255
    assert pixels.mean().item() == pytest.approx(0.2860, abs=5e-5)
    assert pixels.std(correction=0).item() == pytest.approx(0.3530, abs=5e-5)


@pytest.mark.real_data
def test_real_cifar10_has_its_published_counts_and_statistics():
    images = image_set("cifar10", data_root())
    assert images.train.y.bincount().tolist() == [5000] * 10
    assert images.test.y.bincount().tolist() == [1000] * 10
    for channel, mean, std in zip(range(3), (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616), strict=True):
        pixels = images.train.x[:, channel].double() / 255
        assert pixels.mean().item() == pytest.approx(mean, abs=1e-4)
        assert pixels.std(correction=0).item() == pytest.approx(std, abs=1e-4)


@pytest.mark.real_data
def test_real_fashion_mnist_splits_evenly():
    splits = load(DataConfig(name="fashion_mnist"))
    assert splits.train.y.bincount().tolist() == [5400] * 10
    assert splits.validation.y.bincount().tolist() == [600] * 10
    assert (splits.mean - 0.2860).abs().item() < 1e-3


def test_a_set_is_read_once_however_it_is_split_and_counted(tiny_cifar, tmp_path):
    tiny_cifar.put(tmp_path)
    config = DataConfig(name="cifar10", root=str(tmp_path), validation_fraction=0.2, train_size=30)
    assert count_training(config) == 80
    shutil.rmtree(tmp_path)
    assert [len(load_cached(replace(config, train_size=size)).train) for size in (30, 50, None)] == [30, 50, 80]
    assert count_training(replace(config, fold=0, folds=4)) == 75
    with pytest.raises(ConfigError, match="folds are numbered 0 to 3"):
        load_cached(replace(config, fold=4, folds=4))
