"""What the report says of real results, and of results that are not whole."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import pytest

from nnlabs.cli import lab_files, main
from nnlabs.commands.report import page
from nnlabs.errors import RunError
from nnlabs.records import read_json, write_json


def text_of(path: Path) -> str:
    """The page without its pictures."""
    return re.sub(r"data:image/[^\"]+", "", html.unescape(path.read_text(encoding="utf-8")))


def test_the_page_is_one_small_file(report):
    content = report.read_text(encoding="utf-8")
    assert len(content.encode()) < 5_000_000
    assert "<script" not in content
    assert re.findall(r"(?:src|href|srcset)=\"(?!data:|#)", content) == []
    assert "url(" not in content and "@import" not in content


def test_every_lab_tells_question_run_acts_tables_and_what_next(report, reproduced):
    told = text_of(report)
    for name in lab_files():
        result = read_json(reproduced[0] / name / "smoke" / "result.json")
        environment = read_json(reproduced[0] / name / "smoke" / "environment.json")
        facts = [result["question"], result["data"], f"n = {result['n']:,} {result['unit']}", result["processor"]]
        facts += [f"{result['runs']:,} models", f"Python {environment['python']}"]
        for act in result["acts"].values():
            facts += [act["title"], *act["findings"]]
            facts += [cell for table in act["tables"] for row in [table["header"], *table["rows"]] for cell in row]
        facts += [words for pair in result["next"] for words in pair]
        assert [fact for fact in facts if fact not in told] == []


def test_every_figure_and_animation_is_there_with_its_title_and_its_data(report, reproduced):
    from PIL import Image

    told, images = text_of(report), 0
    for folder in (reproduced[0] / name / "smoke" for name in lab_files()):
        acts = read_json(folder / "result.json")["acts"].values()
        images += sum(len(act["figures"]) + 2 * len(act["animations"]) for act in acts)
        for figure in (figure for act in acts for figure in act["figures"]):
            with Image.open(folder / f"{figure}.png") as picture:
                assert picture.info["Title"] in told and picture.info["Description"] in told
        shown = {figure for act in acts for figure in act["figures"]}
        assert shown == {path.stem for path in folder.glob("*.png")}
    assert report.read_text(encoding="utf-8").count("<img ") == images


def test_each_lesson_is_told_with_its_verdict_and_its_numbers(report, reproduced):
    told = text_of(report)
    for name in lab_files():
        lessons = read_json(reproduced[0] / name / "smoke" / "result.json")["lessons"]
        assert any(lesson["expected"] for lesson in lessons)  # else `nnlabs verify` would say "0 of 0"
        for lesson in lessons:
            verdict, numbers = (words[0].upper() + words[1:] for words in (lesson["verdict"], lesson["numbers"]))
            why = f": {lesson['why']}" if lesson["why"] else ""
            kind = "shown" if lesson["verdict"] == "shown" else "missed"
            assert f'<strong class="{kind}">{verdict}.</strong> {lesson["claim"]}. <span>{numbers}{why}.' in told


def test_what_is_missing_is_said_with_the_command_that_makes_it(troubled):
    told = text_of(troubled)
    assert told.count("Not complete.") == len(lab_files()) - 2
    assert "nnlabs reproduce --preset smoke regularization" in told
    assert "A network with more weights than examples learns them by heart." in told


def test_results_with_changed_settings_are_left_out_and_told(reproduced, tmp_path):
    labs = {name: lab_files()[name] for name in ("perceptron", "activations")}
    name = "smoke-orders-3-0a1b"
    shutil.copytree(reproduced[0] / "perceptron" / "smoke", tmp_path / "perceptron" / name)
    path = tmp_path / "perceptron" / name / "result.json"
    write_json(path, read_json(path) | {"changed": {"orders": 3}})
    with pytest.raises(RunError, match="no complete lab") as told:
        page.make_page(tmp_path, "smoke", labs)
    assert str(told.value).endswith(f"settings were changed: {path.parent}; their figures lie there")
    shutil.copytree(reproduced[0] / "activations" / "smoke", tmp_path / "activations" / "smoke")
    assert page.make_page(tmp_path, "smoke", labs).count(f"<li><code>perceptron/{name}</code></li>") == 1


def test_a_stand_in_is_shouted_and_text_is_never_taken_for_markup(troubled):
    content = troubled.read_text(encoding="utf-8")
    assert "STAND-IN DATA." in content and "none is about Fashion-MNIST" in content
    assert "<script>" not in content and "&lt;script&gt;alert(1)" in content


def test_results_on_real_data_go_before_those_on_a_stand_in(reproduced, tmp_path):
    one = {"perceptron": lab_files()["perceptron"]}
    for name in ("smoke", "smoke-iris"):
        shutil.copytree(reproduced[0] / "perceptron" / "smoke", tmp_path / "perceptron" / name)
    path = tmp_path / "perceptron" / "smoke-iris" / "result.json"
    write_json(path, read_json(path) | {"stand_in_for": "fashion_mnist"})
    assert "STAND-IN DATA." not in page.make_page(tmp_path, "smoke", one)
    shutil.rmtree(tmp_path / "perceptron" / "smoke")
    assert "STAND-IN DATA." in page.make_page(tmp_path, "smoke", one)


def test_a_copy_that_somebody_keeps_beside_the_results_is_not_taken_for_them(reproduced, tmp_path):
    for name in ("smoke", "smoke-before"):
        shutil.copytree(reproduced[0] / "perceptron" / "smoke", tmp_path / "perceptron" / name)
    path = tmp_path / "perceptron" / "smoke-before" / "result.json"
    write_json(path, read_json(path) | {"title": "An old one"})
    assert "An old one" not in page.make_page(tmp_path, "smoke", {"perceptron": lab_files()["perceptron"]})


@pytest.mark.parametrize(
    ("file", "key", "says"),
    [
        ("environment.json", "packages", "says nothing of packages; run its lab again"),
        ("result.json", "lessons", "no complete lab"),
    ],
)
def test_results_in_the_form_of_an_earlier_version_are_told(reproduced, tmp_path, file, key, says):
    shutil.copytree(reproduced[0] / "perceptron" / "smoke", tmp_path / "perceptron" / "smoke")
    path = tmp_path / "perceptron" / "smoke" / file
    write_json(path, {name: value for name, value in read_json(path).items() if name != key})
    with pytest.raises(RunError, match=says):
        page.make_page(tmp_path, "smoke", {"perceptron": lab_files()["perceptron"]})


def test_where_nothing_is_complete_there_is_no_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    assert main(["report", "--preset", "full"]) == 1
    assert f"run `nnlabs reproduce --preset full --results {tmp_path}`" in capsys.readouterr().err
    assert main(["report", "--preset", "ful"]) == 2
    assert "there is no preset 'ful'; did you mean 'full'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_where_it_is_told(reproduced, tmp_path, monkeypatch, capsys):
    one = Path("perceptron", "smoke")  # the smallest will do
    shutil.copytree(reproduced[0] / one, tmp_path / one)
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path))
    monkeypatch.setattr(page, "lookup", None)  # of no use without a stand-in
    output = tmp_path / "new" / "page.html"
    assert main(["report", "--preset", "smoke", "--output", str(output)]) == 0
    assert output.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert str(output) in capsys.readouterr().out


def test_a_folder_is_no_output(tmp_path, capsys):
    assert main(["report", "--output", str(tmp_path)]) == 2
    told = f"--output {tmp_path} is a folder; give a file's name, such as {tmp_path / 'report-quick.html'}"
    assert told in capsys.readouterr().err


def test_a_page_that_would_become_too_large_gets_by_with_fewer_colors(reproduced, monkeypatch):
    first = dict([next(iter(lab_files().items()))])
    monkeypatch.setattr(page, "PALETTES", (256, 16))
    whole = len(page.make_page(reproduced[0], "smoke", first))
    monkeypatch.setattr(page, "MOST_BYTES", whole)
    assert len(page.make_page(reproduced[0], "smoke", first)) < 0.9 * whole


@pytest.mark.parametrize(("moment", "told"), [("2026-03-07T01:02:03+00:00", "7 March 2026")])
def test_days_are_written_out(moment, told):
    assert page.day(moment) == told
