"""`nnlabs predict`, and `predict` in Python: pictures and arrays, by a real network of a tenth of a second."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from nnlabs import load_run
from nnlabs.cli import main
from nnlabs.config.yaml_text import read_yaml
from nnlabs.errors import DataError, RunError
from nnlabs.records import read_json, write_json
from tests.commands.small import QUICK


@pytest.fixture(scope="module")
def digits():
    """Five test digits, as they are, uint8 (28, 28)."""
    from nnlabs.data.standins import digits

    return digits().test.x[:5, 0].numpy()


@pytest.fixture
def pictures(tmp_path, digits):
    """The same as files: gray, color, 16 bits deep, with an opaque alpha channel, with black at both sides to be cut off."""
    files = [tmp_path / f"{i}.png" for i in range(5)]
    Image.fromarray(digits[0]).save(files[0])
    Image.fromarray(digits[1]).convert("RGB").save(files[1])
    Image.fromarray(digits[2].astype(np.uint16) * 257).save(files[2])
    Image.fromarray(digits[3]).convert("RGBA").save(files[3])
    Image.fromarray(np.pad(digits[4], ((0, 0), (10, 10)))).save(files[4])
    return files


def test_pictures_of_any_kind_are_what_the_same_numbers_are_without_the_training_data(
    results, digits, pictures, capsys, monkeypatch
):
    monkeypatch.setattr("nnlabs.data.load.image_set", lambda *_: pytest.fail("the data set was read"))
    expected = load_run("first").predict(digits)
    np.testing.assert_array_equal(load_run("first").predict(pictures).probabilities, expected.probabilities)
    assert main(["predict", "first", *map(str, pictures), "--top", "2"]) == 0
    lines = [line.partition("png")[2].strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ", ".join(f"{name} {100 * probability:.1f} %" for name, probability in likeliest)
        for likeliest in expected.top(2)
    ]


def test_a_larger_picture_is_brought_to_the_networks_size(results, digits, tmp_path):
    Image.fromarray(np.kron(digits[0], np.ones((10, 10), np.uint8))).save(tmp_path / "large.png")
    large, small = (load_run("first").predict(x).probabilities for x in (tmp_path / "large.png", digits[0]))
    assert abs(large - small).max() < 0.05


def test_an_unreadable_picture_gets_a_sentence_and_the_others_are_predicted(results, pictures, tmp_path, capsys):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG no more")
    assert main(["predict", "first", str(pictures[0]), str(broken), str(tmp_path / "none.png"), str(pictures[1])]) == 1
    printed = capsys.readouterr()
    assert [line.split()[0] for line in printed.out.splitlines()] == [str(pictures[0]), str(pictures[1])]
    first, second = printed.err.splitlines()
    assert first.startswith(f"error: {broken} cannot be read as an image")
    assert second.startswith(f"error: {tmp_path / 'none.png'}: there is no such file")


def test_ink_on_paper_is_told_apart_from_what_was_learned(results, pictures, tmp_path, capsys):
    with Image.open(pictures[0]) as picture:
        Image.fromarray(255 - np.asarray(picture)).save(tmp_path / "paper.png")
    assert main(["predict", "first", str(tmp_path / "paper.png"), str(pictures[0])]) == 0
    (notice,) = capsys.readouterr().err.splitlines()
    assert notice.startswith(f"notice: {tmp_path / 'paper.png'} is far brighter than what the network learned from")


def test_predictions_in_python_are_those_of_the_run(results, monkeypatch):
    run = load_run("first")
    from nnlabs.runs.learner import load_cached

    test = load_cached(run.config.data).test
    monkeypatch.setattr("nnlabs.data.load.image_set", lambda *_: pytest.fail("the data set was read"))
    answers = run.predict(test.x.numpy())
    taken = np.array([answers.classes.index(label) for label in answers.labels])
    confusion = np.zeros((10, 10), dtype=int)
    np.add.at(confusion, (test.y.numpy(), taken), 1)
    assert confusion.tolist() == read_json(run.folder / "test.json")["confusion"]
    assert answers.probabilities.shape == (797, 10)
    np.testing.assert_allclose(answers.probabilities.sum(1), 1)
    for one in (test.x[3], test.x[3, 0], test.x[3:4, 0]):
        np.testing.assert_allclose(run.predict(one.numpy()).probabilities[0], answers.probabilities[3], atol=1e-6)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 1, 28, 28)), "uint8 from 0 to 255, but got float64; multiply values from 0 to 1 by 255"),
        (np.zeros((2, 3, 28, 28), np.uint8), r"images of shape \(n, 1, 28, 28\).* of shape \(2, 3, 28, 28\)"),
        (np.zeros((0, 1, 28, 28), np.uint8), "there is nothing to predict"),
        ([], "there is nothing to predict"),
        (np.array(["a"]), "but got an array of <U1"),
    ],
)
def test_arrays_that_do_not_fit_are_told(results, x, message):
    with pytest.raises(DataError, match=message):
        load_run("first").predict(x)


def test_a_run_from_before_reads_its_data_once_more_or_says_what_to_do(results, pictures, capsys):
    path = results / "train" / "first" / "result.json"
    facts = read_json(path)
    expected = load_run("first").predict(pictures[0]).probabilities
    write_json(path, {name: value for name, value in facts.items() if name != "inputs"})
    assert (load_run("first").predict(pictures[0]).probabilities == expected).all()
    config = results / "train" / "first" / "config.yaml"
    config.write_text(config.read_text().replace("name: digits", "name: folder:gone"))
    assert main(["predict", "first", str(pictures[0])]) == 1
    assert "was made before runs kept what predictions need, and its data cannot be read" in capsys.readouterr().err


def test_a_network_for_signals_takes_arrays_and_no_pictures(tmp_path, pictures, capsys, monkeypatch):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "results"))
    assert main(["train", "--data.name", "mnist1d", *QUICK, "--name", "signals"]) == 0
    assert "nnlabs predict" not in capsys.readouterr().out, "no pictures"
    assert main(["predict", "signals", str(pictures[0])]) == 1
    assert "reads signals of 40 numbers, no pictures" in capsys.readouterr().err
    assert load_run("signals").predict(np.zeros((2, 40, 1))).probabilities.shape == (2, 10)


def test_a_run_that_is_not_finished_or_diverged_does_not_predict(results, pictures):
    path = results / "train" / "first" / "result.json"
    facts = read_json(path)
    write_json(path, facts | {"status": "diverged"})
    with pytest.raises(RunError, match="has no network to predict with: the run diverged"):
        load_run("first").predict(pictures[0])
    path.unlink()
    with pytest.raises(RunError, match="is not finished"):
        load_run("first").predict(pictures[0])


def test_a_run_of_ones_own_pictures_predicts_where_they_are_gone(tmp_path, pictures, monkeypatch, capsys):
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "results"))
    digits = load_digits()
    for i in range(60):
        folder = tmp_path / "photos" / f"class {digits.target[i] % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((digits.images[i] * 15).astype(np.uint8)).save(folder / f"{i}.png")
    words = ["--data.name", f"folder:{tmp_path / 'photos'}", "--train.epochs", "1", "--name", "own"]
    assert main(["train", *words]) == 0
    before = load_run("own").predict(pictures).probabilities
    shutil.rmtree(tmp_path / "photos")
    capsys.readouterr()
    assert main(["predict", "own", str(pictures[0])]) == 0
    assert "class " in capsys.readouterr().out
    assert (load_run("own").predict(pictures).probabilities == before).all()
    assert read_yaml(tmp_path / "results" / "train" / "own" / "config.yaml")["data"]["content"]
