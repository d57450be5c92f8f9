from __future__ import annotations

import subprocess
import sys

import pytest

from nnlabs.config.schema import DataConfig
from nnlabs.data.auto import resolve
from nnlabs.data.load import load
from nnlabs.errors import ConfigError


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setenv("NNLABS_MIRRORS", "http://127.0.0.1:9/")


def test_real_set_is_taken_when_it_is_there(tiny_fashion, no_network, tmp_path):
    tiny_fashion.put(tmp_path)
    config, notice = resolve(DataConfig(root=str(tmp_path)), "fashion_mnist", "digits")
    assert (config.name, config.stand_in_for, notice) == ("fashion_mnist", None, None)


def test_real_set_is_downloaded_when_that_is_possible(tiny_fashion, serve, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLABS_MIRRORS", serve(tiny_fashion.archives)[0])
    config, notice = resolve(DataConfig(root=str(tmp_path)), "fashion_mnist", "digits")
    assert (config.name, notice) == ("fashion_mnist", None)
    assert len(load(config).test) == 20


def test_stand_in_is_announced_and_carried_to_the_titles(tiny_fashion, no_network, tmp_path):
    config, notice = resolve(DataConfig(root=str(tmp_path), train_size=200), "fashion_mnist", "digits")
    assert (config.name, config.stand_in_for, config.train_size) == ("digits", "fashion_mnist", 200)
    assert notice is not None
    assert notice.startswith(
        "Digits stands in for Fashion-MNIST, which is not on this machine and could not be downloaded"
    )
    assert notice.endswith("To see why, or to try again: nnlabs data get fashion_mnist")
    assert "\n" not in notice
    splits = load(config)
    assert splits.title == "Digits (stand-in for Fashion-MNIST)"
    assert splits.stand_in_for == "fashion_mnist"


def test_download_slower_than_the_time_given_gives_way_to_the_stand_in(tiny_fashion, serve, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLABS_MIRRORS", serve(tiny_fashion.archives, "trickles")[0])
    config, notice = resolve(DataConfig(root=str(tmp_path), wait_s=0.3), "fashion_mnist", "digits")
    assert config.name == "digits"
    assert notice is not None and notice.startswith("Digits stands in for Fashion-MNIST")


def test_folder_that_cannot_be_written_gives_way_to_the_stand_in(no_network, tmp_path):
    (tmp_path / "file").write_text("")
    config, notice = resolve(DataConfig(root=str(tmp_path / "file" / "data")), "cifar10", "mnist1d")
    assert config.name == "mnist1d"
    assert notice is not None and notice.startswith("MNIST-1D stands in for CIFAR-10")


def test_damaged_set_is_fetched_anew(tiny_fashion, serve, monkeypatch, tmp_path):
    tiny_fashion.put(tmp_path)
    (tmp_path / "FashionMNIST/raw/train-images-idx3-ubyte").write_bytes(b"cut")
    monkeypatch.setenv("NNLABS_MIRRORS", serve(tiny_fashion.archives)[0])
    config, notice = resolve(DataConfig(root=str(tmp_path)), "fashion_mnist", "digits")
    assert (config.name, notice) == ("fashion_mnist", None)
    assert len(load(config).test) == 20


def test_set_that_is_named_is_not_replaced():
    config = DataConfig(name="cifar10")
    assert resolve(config, "fashion_mnist", "digits") == (config, None)


def test_misspelt_name_is_an_error_before_anything_is_loaded():
    with pytest.raises(ConfigError, match="did you mean 'cifar10'"):
        resolve(DataConfig(name="cifar"), "fashion_mnist", "digits")


def test_loading_auto_unresolved_is_an_error():
    with pytest.raises(ConfigError, match="only a lab can resolve"):
        load(DataConfig(name="auto"))


def test_choosing_imports_neither_torch_nor_numpy(tmp_path):
    code = (
        "import sys\n"
        "from nnlabs.config.schema import DataConfig\n"
        "from nnlabs.data.auto import resolve\n"
        "from nnlabs.commands.data import data_command\n"
        f"config, notice = resolve(DataConfig(root={str(tmp_path)!r}), 'fashion_mnist', 'digits')\n"
        "assert config.name == 'digits', config\n"
        f"data_command(['list', '--root', {str(tmp_path)!r}])\n"
        "heavy = {'torch', 'torchvision', 'sklearn', 'scipy', 'matplotlib', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {"NNLABS_MIRRORS": "http://127.0.0.1:9/", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "mnist1d" in done.stdout
