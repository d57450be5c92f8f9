from __future__ import annotations

import json

import pytest

from nnlabs.config.load import with_changes
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.labkit.study import open_study
from nnlabs.runs import fingerprint, provenance
from nnlabs.runs.execute import execute
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run
from nnlabs.sweeps import versions
from nnlabs.sweeps.versions import version_notices


@pytest.fixture
def runs(tiny, tmp_path) -> list[Run]:
    return [Run(with_changes(tiny, {"train.seed": seed, "train.epochs": 1}, "test"), tmp_path) for seed in range(3)]


def pretend(monkeypatch, recipe: int) -> None:
    for module in (provenance, fingerprint, versions):
        monkeypatch.setattr(module, "CODE_VERSION", recipe)


def test_runs_of_one_version_need_no_notice(runs):
    execute(runs[0], show_progress=False)
    assert list(version_notices(runs)) == []
    facts = json.loads((runs[0].folder / "environment.json").read_text())
    assert (facts["recipe"], facts["nnlabs"]) == (fingerprint.CODE_VERSION, describe_environment()["nnlabs"])


def test_runs_of_another_recipe_are_counted_and_not_used(tiny, tmp_path, monkeypatch, capsys):
    config = TrainingLabConfig(
        preset="smoke", results=str(tmp_path), data=tiny.data, model=tiny.model, train=tiny.train, seeds=(0, 1)
    )
    config = with_changes(config, {"sweep.workers": 1}, "test")
    for recipe in (7, 8):
        pretend(monkeypatch, recipe)
        study = open_study("demo", config, "fashion_mnist", "smoke")
        study.complete("first", study.variation({}))
        study.complete("second", study.variation({"train.lr": 0.5}))
    said = capsys.readouterr().out.splitlines()
    notice = (
        f"notice: {tmp_path / 'demo'} holds 4 runs that another version of this code made, which does not compute the "
        "same; they are not used, and can be deleted"
    )
    assert said == ["first: 2 runs", "second: 2 runs", notice, "first: 2 runs", "second: 2 runs"]
    assert len(list((tmp_path / "demo").glob("*/history.csv"))) == 8


def test_runs_from_before_the_recipe_was_written_down_are_of_the_first(runs, monkeypatch):
    execute(runs[0], show_progress=False)
    path = runs[0].folder / "environment.json"
    facts = json.loads(path.read_text())
    del facts["recipe"]
    path.write_text(json.dumps(facts))
    pretend(monkeypatch, 1)
    assert list(version_notices(runs)) == []
    pretend(monkeypatch, 2)
    assert len(list(version_notices(runs))) == 1


def test_a_run_that_went_on_with_another_torch_is_of_both(runs):
    execute(runs[0], show_progress=False)
    path = runs[0].folder / "environment.json"
    facts = json.loads(path.read_text())
    here = facts["packages"]["torch"]
    path.write_text(
        json.dumps(facts | {"continued": [{"packages": {"torch": version}} for version in ("2.0.1", here)]})
    )
    (notice,) = version_notices(runs)
    assert f": 2 with torch {here}, 1 with torch {here}, then with torch 2.0.1; bit-equal" in notice


def test_a_sweep_of_several_versions_of_torch_is_told(runs):
    for run, version in zip(runs[:2], ("2.0.1", "2.1.0"), strict=True):
        execute(run, show_progress=False)
        path = run.folder / "environment.json"
        facts = json.loads(path.read_text())
        path.write_text(json.dumps(facts | {"packages": facts["packages"] | {"torch": version}}))
    here = describe_environment()["packages"]["torch"]
    (notice,) = version_notices(runs)
    assert notice == (
        f"the runs of this sweep are not made alike: 1 with torch 2.0.1, 1 with torch 2.1.0, 1 with torch {here}; "
        "bit-equal results and times that compare need a single one"
    )


def test_a_sweep_of_two_precisions_or_processors_is_told(runs):
    made = (("Xeon", "bfloat16"), ("EPYC", "float32"))
    for run, (processor, precision) in zip(runs[:2], made, strict=True):
        execute(run, show_progress=False)
        path = run.folder / "environment.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"processor": processor, "precision": precision}))
    notices = list(version_notices(runs[:2]))
    assert [notice.partition(": ")[2].partition(";")[0] for notice in notices] == [
        "1 on EPYC, 1 on Xeon",
        "1 in bfloat16, 1 in float32",
    ]


def test_networks_that_differ_may_have_the_precision_that_suits_each(tiny, tmp_path):
    found = []
    for widths, precision in (((8,), "bfloat16"), ((9,), "float32")):
        run = Run(with_changes(tiny, {"model.widths": widths}, "test"), tmp_path / "demo")
        execute(run, show_progress=False)
        path = run.folder / "environment.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"precision": precision}))
        found.append(run)
    assert list(version_notices(found)) == []
