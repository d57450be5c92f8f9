from __future__ import annotations

from pathlib import Path

import pytest

from nnlabs import paths
from nnlabs.errors import ConfigError


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """The package as it lies in site-packages: no checkout above it."""
    package = tmp_path / "site-packages" / "nnlabs"
    package.mkdir(parents=True)
    monkeypatch.setattr(paths, "PACKAGE", package)
    return package


def test_in_a_checkout_labs_and_presets_lie_at_its_top():
    top = paths.checkout()
    assert top is not None
    assert (top / "pyproject.toml").is_file()
    assert paths.labs_dir() == top / "labs"
    assert paths.configs_dir() == top / "configs"
    assert {path.stem for path in paths.configs_dir().glob("*.yaml")} == {
        path.stem.partition("_")[2] for path in paths.labs_dir().glob("lab*.py")
    }


def test_in_a_wheel_labs_and_presets_lie_inside_the_package(wheel):
    assert paths.checkout() is None
    assert paths.labs_dir() == wheel / "_scripts"
    assert paths.configs_dir() == wheel / "configs"


@pytest.mark.parametrize(
    ("find", "variable", "folder"),
    [(paths.data_root, "NNLABS_DATA", "data"), (paths.results_root, "NNLABS_RESULTS", "results")],
)
def test_what_is_said_goes_before_the_variable_and_that_before_the_checkout(
    monkeypatch, tmp_path, find, variable, folder
):
    monkeypatch.setenv(variable, str(tmp_path / "variable"))
    assert find(str(tmp_path / "said")) == tmp_path / "said"
    assert find() == tmp_path / "variable"
    monkeypatch.delenv(variable)
    assert find() == paths.checkout() / folder
    assert find("~/x") == Path.home() / "x"


def test_a_wheel_keeps_data_in_the_users_cache_and_results_where_the_user_is(wheel, monkeypatch, tmp_path):
    for variable in ("NNLABS_DATA", "NNLABS_RESULTS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    assert paths.data_root() == tmp_path / "cache" / "nnlabs" / "data"
    assert paths.results_root() == tmp_path / "results"


def test_a_home_of_nobody_is_a_sentence():
    for root in (paths.results_root, paths.data_root):
        with pytest.raises(ConfigError, match=r"^~nobody_here/x: nobody of that name has a home folder here"):
            root("~nobody_here/x")
