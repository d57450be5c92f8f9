"""What somebody types, and the folder that is meant by it."""

from __future__ import annotations

import pytest

from nnlabs.errors import ConfigError
from nnlabs.runs.lookup import find_folder


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results of two labs: each has a smoke folder and a run of the same name, one has more."""
    root = tmp_path / "results"
    monkeypatch.setenv("NNLABS_RESULTS", str(root))
    monkeypatch.chdir(tmp_path)
    folders = ["activations/smoke", "optimizers/smoke", "activations/mlp-1a", "optimizers/mlp-1a", "optimizers/full"]
    for name in [*folders, *(f"optimizers/cnn-{number}" for number in range(50))]:
        (root / name).mkdir(parents=True)
        (root / name / "config.yaml").write_text("preset: smoke\n")
    return root


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("full", "optimizers/full"),
        ("fu", "optimizers/full"),
        ("optimizers", "optimizers"),
        ("optimizers/smoke", "optimizers/smoke"),
        ("optimizers/mlp-", "optimizers/mlp-1a"),
    ],
)
def test_a_folder_is_found_by_what_only_it_is_called(results, said, meant):
    assert find_folder(said) == results / meant


def test_a_labs_name_means_the_lab_and_not_what_an_exercise_made_of_it(results):
    (results / "with-adam" / "optimizers").mkdir(parents=True)
    assert find_folder("optimizers") == results / "optimizers"


def test_a_folder_that_happens_to_lie_here_does_not_hide_a_run(results, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "notes").mkdir()
    assert find_folder("full") == results / "optimizers/full"
    assert find_folder("./full").resolve() == tmp_path / "full"
    assert find_folder("notes").resolve() == tmp_path / "notes"


def test_an_unknown_home_is_a_sentence(results):
    with pytest.raises(ConfigError, match=r"^~nobody_here/x: nobody of that name has a home folder here"):
        find_folder("~nobody_here/x")


@pytest.mark.parametrize("name", ["smoke", "mlp-1a"])
def test_a_name_that_two_labs_have_is_ambiguous(results, name):
    with pytest.raises(ConfigError, match=f"^{name} is ambiguous.* 2 folders: activations/{name}, optimizers/{name}; "):
        find_folder(name)


def test_a_beginning_that_two_have_is_told_with_their_labs(results):
    with pytest.raises(
        ConfigError, match="begins the names of 2 folders, activations/mlp-1a, optimizers/mlp-1a; write"
    ):
        find_folder("mlp")


def test_of_many_folders_a_few_are_named_and_where_the_others_are(results):
    some = "there are activations/mlp-1a, activations/smoke, optimizers/cnn-0, ..."
    with pytest.raises(ConfigError) as no_runs:
        find_folder("nope")
    assert str(no_runs.value).endswith(some)
    (results / "optimizers/mlp-1a/checkpoint.pt").touch()
    with pytest.raises(ConfigError) as caught:
        find_folder("nope")
    assert str(caught.value).endswith(f"{some}; to see all runs: nnlabs runs")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fulk", "optimizers/full"),
        ("smoky", "activations/smoke, optimizers/smoke"),
        ("optimisers", "optimizers"),
        ("optimisers/full", "optimizers/full"),
    ],
)
def test_a_misspelt_name_is_answered_with_what_resembles_it_and_its_lab(results, said, meant):
    with pytest.raises(ConfigError) as caught:
        find_folder(said)
    assert str(caught.value).endswith(f"; did you mean {meant}?")
