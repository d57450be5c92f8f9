from __future__ import annotations

from dataclasses import replace

import pytest

from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import IMAGE_SETS, check_data, lookup
from nnlabs.errors import ConfigError


def test_checksums_and_source_of_fashion_mnist_are_torchvisions():
    from torchvision.datasets import FashionMNIST

    download = lookup("fashion_mnist").download
    assert download is not None
    ours = [(archive.path.removeprefix("FashionMNIST/raw/"), archive.digest) for archive in download.archives]
    assert ours == FashionMNIST.resources
    assert set(FashionMNIST.mirrors) <= set(download.mirrors)


def test_checksums_and_source_of_cifar10_are_torchvisions():
    from torchvision.datasets import CIFAR10

    download = lookup("cifar10").download
    assert download is not None
    assert [(archive.path, archive.digest) for archive in download.archives] == [(CIFAR10.filename, CIFAR10.tgz_md5)]
    names = [*(name for name, _ in CIFAR10.train_list + CIFAR10.test_list), CIFAR10.meta["filename"]]
    assert [file.path for file in download.files] == [f"{CIFAR10.base_folder}/{name}" for name in names]
    assert CIFAR10.url.removesuffix(CIFAR10.filename) in download.mirrors


def test_every_set_has_a_title_a_description_and_a_credit():
    for name, entry in IMAGE_SETS.items():
        assert entry.name == name
        assert entry.title and entry.about and entry.credit
        if entry.download:
            assert len(entry.download.mirrors) >= 2
            assert all(len(file.digest) == 64 for file in entry.download.files)


def test_misspelt_name_is_answered_with_the_nearest_one():
    with pytest.raises(ConfigError, match=r"data\.name.*'fashion_minst'.*did you mean 'fashion_mnist'"):
        lookup("fashion_minst")


def test_name_like_no_other_is_answered_with_all_of_them():
    with pytest.raises(ConfigError, match=r"fashion_mnist, cifar10, digits, mnist1d, mnist1d_shuffled.*folder:PATH"):
        lookup("xyz")


@pytest.mark.parametrize(("path", "title"), [("/home/me/pets", "pets"), ("pets/", "pets"), ("C:\\my\\pets", "pets")])
def test_folder_is_titled_by_its_own_name(path, title):
    assert lookup(f"folder:{path}").title == title


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (DataConfig(name="imagenet"), "no data set 'imagenet'"),
        (DataConfig(fold=5), r"data\.fold is 5, but 5 folds are numbered 0 to 4"),
        (DataConfig(fold=0, folds=1), r"data\.folds is 1"),
    ],
)
def test_mistakes_are_found_before_any_data_is_touched(config, words):
    with pytest.raises(ConfigError, match=words):
        check_data(config)


def test_the_last_fold_passes_and_the_next_does_not():
    for config in (DataConfig(), DataConfig(name="folder:/nowhere"), DataConfig(name="digits", folds=3)):
        check_data(config)
        check_data(replace(config, fold=config.folds - 1))
        with pytest.raises(ConfigError, match=rf"numbered 0 to {config.folds - 1}$"):
            check_data(replace(config, fold=config.folds))
