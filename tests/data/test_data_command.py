from __future__ import annotations

import re
import shutil

import pytest

from nnlabs.cli import main
from nnlabs.commands.data import data_command, describe, get, verify, where
from nnlabs.errors import ConfigError, DataError
from nnlabs.paths import user_cache


def test_get_downloads_then_finds_it_in_place(tiny_fashion, serve, monkeypatch, tmp_path):
    address, mirror = serve(tiny_fashion.archives)
    monkeypatch.setenv("NNLABS_MIRRORS", address)
    assert "is now in" in get("fashion_mnist", tmp_path)
    assert len(mirror.asked) == 4
    assert "already" in get("fashion_mnist", tmp_path)
    assert len(mirror.asked) == 4, "nothing is downloaded twice"


def test_get_replaces_a_damaged_file(tiny_fashion, serve, monkeypatch, tmp_path):
    tiny_fashion.put(tmp_path)
    path = tmp_path / "FashionMNIST/raw/t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[::-1])
    monkeypatch.setenv("NNLABS_MIRRORS", serve(tiny_fashion.archives)[0])
    get("fashion_mnist", tmp_path)
    assert path.read_bytes() == tiny_fashion.contents["FashionMNIST/raw/t10k-labels-idx1-ubyte"]


def test_verify_says_that_all_is_well_or_what_is_not(tiny_cifar, tmp_path):
    assert "is not in" in verify("cifar10", tmp_path)
    tiny_cifar.put(tmp_path)
    assert "every file as published" in verify("cifar10", tmp_path)
    for name in ("data_batch_2", "test_batch"):
        path = tmp_path / "cifar-10-batches-py" / name
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(DataError, match=r"data_batch_2 .*sha256.*; .*test_batch .*sha256.*nnlabs data get cifar10"):
        verify("cifar10", tmp_path)


def test_a_set_that_is_named_and_not_here_is_an_error_of_verify_and_a_notice_without_its_name(tmp_path, capsys):
    assert main(["data", "verify", "cifar10", "--root", str(tmp_path)]) == 1
    assert "CIFAR-10 is not in" in capsys.readouterr().err
    assert main(["data", "verify", "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("is not in") == 2


def test_state_of_a_set_is_told_from_its_files(tiny_fashion, tmp_path):
    assert "not here" in describe("fashion_mnist", tmp_path)
    tiny_fashion.put(tmp_path)
    assert " here " in describe("fashion_mnist", tmp_path)
    (tmp_path / "FashionMNIST/raw/train-labels-idx1-ubyte").unlink()
    assert " damaged " in describe("fashion_mnist", tmp_path)
    assert "built in" in describe("digits", tmp_path)


def test_where_gives_the_folder(tmp_path):
    assert where("cifar10", tmp_path).endswith(str(tmp_path / "cifar-10-batches-py"))


def test_built_in_sets_need_nothing(tmp_path):
    for action in (get, verify, where):
        assert "built in" in action("digits", tmp_path)


@pytest.mark.slow
def test_signals_that_lie_in_the_users_cache_are_found_there(tmp_path, monkeypatch):
    monkeypatch.setattr("nnlabs.commands.data.user_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr("nnlabs.data.signals.user_cache", lambda: tmp_path / "cache")
    get("mnist1d", tmp_path / "cache" / "data")
    assert get("mnist1d", tmp_path / "root").endswith("the user's cache, as published.")


def test_signals_are_made_on_first_use_or_when_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "nnlabs.data.signals.user_cache", lambda: tmp_path / "cache"
    )  # where another test may have kept them
    assert "built in" in describe("mnist1d", tmp_path)
    assert "made on first use" in verify("mnist1d", tmp_path)
    assert where("mnist1d", tmp_path).endswith(str(tmp_path / "MNIST-1D"))
    assert "now in" in get("mnist1d", tmp_path)
    assert " here " in describe("mnist1d", tmp_path)
    assert "every file as published" in verify("mnist1d", tmp_path)
    assert "already" in get("mnist1d", tmp_path)
    path = tmp_path / "MNIST-1D" / "mnist1d.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(DataError, match=r"mnist1d.bin .*sha256.*nnlabs data get mnist1d"):
        verify("mnist1d", tmp_path)
    assert "built in" in describe("mnist1d_shuffled", tmp_path), "one file each"


def test_command_prints_one_entry_a_set(capsys, tmp_path):
    data_command(["where", "--root", str(tmp_path)])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "fashion_mnist",
        "cifar10",
        "digits",
        "mnist1d",
        "mnist1d_shuffled",
    ]
    data_command(["verify", "digits", "--root", str(tmp_path)])
    assert capsys.readouterr().out.startswith("digits ")


def test_command_without_root_looks_where_the_environment_says(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLABS_DATA", str(tmp_path))
    data_command(["where", "fashion_mnist"])
    assert str(tmp_path / "FashionMNIST") in capsys.readouterr().out


def test_unknown_name_is_an_error():
    with pytest.raises(ConfigError, match="did you mean 'cifar10'"):
        data_command(["get", "cifar-10"])


def test_unknown_action_ends_with_code_2(capsys):
    with pytest.raises(SystemExit) as end:
        data_command(["fetch"])
    assert end.value.code == 2
    assert "choose from" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_damaged_is_made_anew_although_the_cache_has_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data_command(["get", "mnist1d", "--root", str(tmp_path / "data")])
    shutil.copytree(tmp_path / "data", user_cache() / "data")
    (file,) = (path for path in (tmp_path / "data").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(
        DataError, match=rf"damaged.* Get it anew with `nnlabs data get mnist1d --root {tmp_path / 'data'}`"
    ):
        data_command(["verify", "mnist1d", "--root", str(tmp_path / "data")])
    data_command(["get", "mnist1d", "--root", str(tmp_path / "data")])
    data_command(["verify", "mnist1d", "--root", str(tmp_path / "data")])
    assert capsys.readouterr().out.endswith("every file as published.\n")


def test_a_folder_of_ones_own_is_looked_at(capsys, tmp_path):
    data_command(["list", f"folder:{tmp_path}"])
    assert " yours " in capsys.readouterr().out
    data_command(["list", f"folder:{tmp_path}/none"])
    assert " not here " in capsys.readouterr().out
    for action in ("where", "get", "verify"):
        assert main(["data", action, f"folder:{tmp_path}/none"]) == 1
        missing = f"error: folder:{tmp_path}/none is missing: there is no folder {tmp_path}/none; check the path\n"
        assert capsys.readouterr() == ("", missing)


def test_a_folder_of_ones_own_is_told_with_its_place(capsys, monkeypatch, tmp_path):
    (tmp_path / "pets").mkdir()
    monkeypatch.chdir(tmp_path)
    for action in ("where", "get"):
        assert main(["data", action, "folder:pets"]) == 0
        place = f"folder:pets is yours: it is read as it is, from {tmp_path / 'pets'}\n"
        assert capsys.readouterr() == (place, "")


def test_what_gets_a_set_can_be_pasted(tmp_path):
    folder = tmp_path / "my data"
    assert f"`nnlabs data get cifar10 --root '{folder}'` downloads it" in verify("cifar10", folder)


def test_the_folder_of_nobody_is_a_sentence():
    with pytest.raises(ConfigError, match=r"^~nobody_here/x: nobody of that name has a home folder here"):
        data_command(["verify", "folder:~nobody_here/x"])


def test_every_damaged_set_is_named(tmp_path):
    for folder in ("FashionMNIST/raw", "cifar-10-batches-py"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "FashionMNIST/raw/train-images-idx3-ubyte").write_bytes(b"")
    (tmp_path / "cifar-10-batches-py/data_batch_1").write_bytes(b"")
    with pytest.raises(DataError, match=r"(?s)Fashion-MNIST is damaged.*CIFAR-10 is damaged"):
        data_command(["verify", "--root", str(tmp_path)])


@pytest.mark.parametrize(("name", "said"), [("auto", "known are"), ("Fashion_MNIST", "did you mean 'fashion_mnist'?")])
def test_a_name_that_stands_for_no_data_set_is_refused_in_the_words_of_the_command(name, said):
    own = re.escape(" (your own pictures: folder:PATH)")
    with pytest.raises(ConfigError, match=rf"^there is no data set '{name}'; {re.escape(said)}.*{own}$"):
        data_command(["get", name])
