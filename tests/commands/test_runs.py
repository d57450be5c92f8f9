"""`nnlabs runs`: real tiny runs, finished, stopped and diverged, as a list and as a table that pandas reads."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from nnlabs import load_run
from nnlabs.cli import main
from nnlabs.commands.manifest import _MEASURED, _TOLD, write_manifest
from nnlabs.config.load import with_changes
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import evaluate_on_test
from nnlabs.runs.run import Run


@pytest.fixture(scope="module")
def made(tiny, tmp_path_factory):
    """A folder of results: one run finished and tested, one diverged, one stopped; a lab's own folder beside them."""
    root = tmp_path_factory.mktemp("results")
    changes = [{}, {"train.optimizer": "sgd", "train.lr": 1e20}, {"train.seed": 1, "data.augment": ["flip"]}]
    runs = [Run(with_changes(tiny, change, "test"), root / "demo") for change in changes]
    for run in runs:
        execute(run, show_progress=False)
    evaluate_on_test(runs[0])
    (runs[2].folder / "result.json").unlink()
    (root / "demo" / "quick").mkdir()
    (root / "demo" / "quick" / "config.yaml").write_text("preset: quick\n")
    shutil.copytree(runs[0].folder, root / "other" / "mine")
    return root, runs


@pytest.fixture
def results(made, tmp_path, monkeypatch):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "elsewhere"))
    return shutil.copytree(made[0], tmp_path / "results"), made[1]


def test_each_run_is_listed_with_what_it_is_and_how_well_it_does(results, capsys):
    root, runs = results
    assert main(["runs", "--results", str(root)]) == 0
    printed = capsys.readouterr().out
    head, first, about, *_ = printed.splitlines()
    assert head == "demo: 3 runs, 2 complete; judged by 100 validation examples"
    name, state, _, validation, _, _, test, *_ = first.split()
    assert (name, state) == (runs[0].folder.name, "finished")
    assert validation == f"{100 * runs[0].result['validation_accuracy']:.1f}"
    assert test == f"{100 * runs[0].test_result['accuracy']:.1f}"
    assert about == "    mlp on digits: train_size 100, widths 16, epochs 3, batch_size 32, lr 0.005, precision fp32"
    assert re.search(rf"{runs[1].folder.name} +diverged ", printed)
    assert re.search(rf"{runs[2].folder.name} +3 of 3 epochs +validation +–  test +–", printed)
    assert "augment flip" in printed and "quick" not in printed
    assert max(map(len, printed.splitlines())) <= 100
    assert "other: 1 run, 1 complete" in printed and "  mine " in printed


def test_other_commands_look_where_they_are_told_too(results, capsys):
    root, runs = results
    first, _, third = (run.folder.name for run in runs)
    assert main(["doctor", f"demo/{first}", "--results", str(root)]) == 0
    assert main(["doctor", "other", "--results", str(root)]) == 0
    assert main(["compare", f"demo/{first}", third, "--results", str(root)]) == 0
    assert f"Figure: {root / 'comparisons'}" in capsys.readouterr().out
    assert load_run(third, root).folder == root / "demo" / third
    for command in (["doctor", third], ["compare", first, third], ["predict", first, "a.png"]):
        assert main(command) == 2
        assert "there are no results yet" in capsys.readouterr().err
    for command in ("report", "verify", "reproduce", "train", "check"):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0 and "--results" in capsys.readouterr().out


def test_one_lab_alone_and_one_that_is_not_there(results, capsys):
    root, _ = results
    assert main(["runs", "other", "--results", str(root)]) == 0
    assert "demo" not in capsys.readouterr().out
    (root / "perceptron").mkdir()
    assert main(["runs", "perceptron", "--results", str(root)]) == 1
    assert f"there are no runs in {root / 'perceptron'};" in capsys.readouterr().err
    assert main(["runs", "othr", "--results", str(root)]) == 2
    assert "has no folder 'othr'; did you mean 'other'?" in capsys.readouterr().err
    assert main(["runs"]) == 1
    assert "there are no runs in" in capsys.readouterr().err


def test_a_run_of_another_version_is_left_out_with_a_notice(results, capsys, tmp_path):
    root, _ = results
    shutil.copytree(root, tmp_path / "copy")
    config = next((tmp_path / "copy").glob("*/*/config.yaml"))
    config.write_text(config.read_text().replace("train:\n", "train:\n  newthing: 1\n"))
    assert main(["runs", "--results", str(tmp_path / "copy")]) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith(f"notice: {config.parent} is left out: ") and "newthing" in printed.err
    assert config.parent.name not in printed.out and len(printed.out.splitlines()) > 1


def test_the_table_holds_every_setting_and_result_for_pandas(results, capsys):
    root, runs = results
    assert not (root / "runs.csv").exists()
    assert main(["runs", "--results", str(root), "--csv"]) == 0
    assert capsys.readouterr().out.rstrip().endswith(str(root / "runs.csv"))
    table = pd.read_csv(root / "runs.csv").set_index("name")
    assert len(table) == 4
    first = table.loc[runs[0].folder.name]
    assert (first["train.lr"], first["data.train_size"], first["model.name"]) == (0.005, 100, "mlp")
    assert first["validation_accuracy"] == runs[0].result["validation_accuracy"]
    assert first["test_accuracy"] == runs[0].test_result["accuracy"]
    assert (first["validation_examples"], first["epochs"]) == (100, 3)
    stopped = table.loc[runs[2].folder.name]
    assert stopped["state"] == "unfinished" and pd.isna(stopped["validation_accuracy"]) and stopped["epochs"] == 3
    begun = datetime.fromisoformat(first["started"])
    assert timedelta(0) <= datetime.now(UTC) - begun < timedelta(hours=1)


def test_a_folder_whose_name_is_no_utf8_does_not_cost_the_table(results, capsys):
    root, _ = results
    try:
        shutil.copytree(root / "other", root / "gr\udcfcn")
    except (OSError, UnicodeError):
        pytest.skip("the file system takes no such name")
    assert main(["runs", "--results", str(root), "--csv"]) == 0
    assert list(pd.read_csv(root / "runs.csv")["lab"]) == ["demo", "demo", "demo", "gr?n", "other"]


def test_a_run_whose_settings_are_damaged_is_left_out_with_a_notice(results, capsys):
    root, runs = results
    (root / "demo" / runs[2].folder.name / "config.yaml").write_text("data: {name: [\n")
    assert main(["runs", "--results", str(root)]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("demo: 2 runs, 2 complete")
    assert re.search(rf"notice: .*{runs[2].folder.name} is left out: .*not valid YAML", printed.err)


def test_a_damaged_result_of_one_run_keeps_the_manifest_from_nothing(results, capsys):
    root, runs = results
    (root / "demo" / runs[0].folder.name / "result.json").write_text('{"status": "fin')
    assert json.loads(write_manifest(root).read_text()) == {"labs": {}}
    assert f"{runs[0].folder.name} is left out" in capsys.readouterr().err


def test_a_damaged_file_of_one_lab_leaves_that_lab_out_of_the_manifest(results, capsys):
    root, _ = results
    facts = dict.fromkeys((*_MEASURED, *_TOLD)) | {"acts": {}, "next": []}
    for name in ("good", "torn"):
        (root / name / "quick").mkdir(parents=True)
        (root / name / "quick" / "result.json").write_text(json.dumps(facts))
        (root / name / "quick" / "config.yaml").write_text("preset: quick\n")
        (root / name / "quick" / "environment.json").write_text("{}" if name == "good" else '{"pyth')
    assert list(json.loads(write_manifest(root).read_text())["labs"]) == ["good/quick"]
    error = capsys.readouterr().err
    assert "torn/quick is left out" in error and "environment.json is damaged" in error
