from __future__ import annotations

import json
import shlex

import pytest
import yaml

from nnlabs.cli import lab_files, load_lab_module, main
from nnlabs.config.schema import LabConfig
from nnlabs.labkit.folder import open_lab
from nnlabs.labkit.lessons import Lesson
from nnlabs.labkit.results import Act, LabResult, ResultTable, close_lab
from nnlabs.tables import Column

pytestmark = pytest.mark.usefixtures("demo")
ROWS = [{"network": "mlp", "test": 0.9}, {"network": "cnn", "test": float("nan")}]
TABLE = ResultTable("Digits", ROWS, [Column("network", "network"), Column("test", "test (%)", ".1f", 100)])
ACTS = {
    "first": Act("One", ["It learned."], {"test_accuracy": 0.9}, runs=2, tables=[TABLE]),
    "second": Act("Two", ["And", "rested."], {"loss": float("nan")}, runs=1),
}
LESSONS = [
    Lesson(
        "first", "It learns", "test accuracy", lambda metrics: metrics["first"]["test_accuracy"], above=0.5, unit="%"
    ),
    Lesson("third", "It dreams", "dreams", lambda metrics: 1.0),
]
RESULT = LabResult(
    "Lab 9, demo: what is it?\n\nMore.", "Digits", 10, "images", range(2), ACTS, [("More.", "nnlabs list")], LESSONS
)


def test_a_labs_folder_is_complete_only_when_it_is_closed(tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    folder = open_lab("demo", config)
    assert folder == tmp_path / "demo" / "smoke"
    assert yaml.safe_load((folder / "config.yaml").read_text()) == {"preset": "smoke", "results": str(tmp_path)}
    assert "python" in json.loads((folder / "environment.json").read_text())
    assert not (folder / "result.json").exists()
    close_lab(folder, RESULT)
    assert (folder / "result.json").exists()
    open_lab("demo", config)
    assert not (folder / "result.json").exists()


def test_every_account_has_the_same_form(tmp_path, capsys):
    folder = open_lab("demo", LabConfig(preset="smoke", results=str(tmp_path)))
    for name in ("1_b.svg", "1_b.png", "1_a.svg", "1_a.gif", "2_c.svg", "10_d.svg", "history.csv"):
        (folder / name).touch()
    close_lab(folder, RESULT)
    result = json.loads((folder / "result.json").read_text())
    environment = json.loads((folder / "environment.json").read_text())
    assert (result["title"], result["question"]) == ("Lab 9, demo", "What is it?")
    assert (result["data"], result["n"], result["unit"], result["seeds"]) == ("Digits", 10, "images", [0, 1])
    assert (result["preset"], result["changed"]) == ("smoke", {})
    assert result["lessons"] == [
        {
            "act": "first",
            "claim": "It learns",
            "verdict": "shown",
            "numbers": "test accuracy: 90 %, more than 50 expected",
            "why": "",
            "expected": False,
        }
    ]
    assert (result["runs"], result["device"], result["stand_in_for"]) == (3, "cpu", None)
    assert (result["processor"], result["cores"]) == (environment["processor"], environment["cores"])
    assert 0 <= result["minutes"] < 1
    assert result["next"] == [["More.", "nnlabs list"]]
    first, second = result["acts"]["first"], result["acts"]["second"]
    assert (first["number"], first["figures"], first["animations"]) == (1, ["1_a", "1_b"], ["1_a"])
    assert (second["number"], second["figures"], second["metrics"]) == (2, ["2_c"], {"loss": None})
    assert first["tables"] == [
        {
            "caption": "Digits",
            "header": ["network", "test (%)"],
            "rows": [["mlp", "90.0"], ["cnn", "–"]],
            "right": [False, True],
        }
    ]
    printed = capsys.readouterr().out
    assert "First: It learned.\nSecond: And rested.\n" in printed
    assert "mlp          90.0" in printed
    assert "Lessons, 1 of 1 shown:\n  shown: It learns (test accuracy: 90 %, more than 50 expected)\n" in printed


@pytest.mark.parametrize("name", lab_files())
def test_what_to_try_next_are_commands_that_work(name, capsys):
    lab = load_lab_module(lab_files()[name])
    assert 2 <= len(lab.NEXT) <= 3
    for sentence, command in lab.NEXT:
        program, *words = shlex.split(command)
        assert program == "nnlabs" and sentence.endswith((".", "?"))
        with pytest.raises(SystemExit) as ended:
            main([*words, "--print_config"])
        assert ended.value.code == 0
        assert "preset: quick" in capsys.readouterr().out
