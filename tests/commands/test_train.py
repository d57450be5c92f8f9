"""`nnlabs train`: real networks of a tenth of a second, on embedded data."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from nnlabs import load_run
from nnlabs.cli import main
from nnlabs.commands.train.watch import EpochLines
from nnlabs.paths import PACKAGE
from nnlabs.records import read_csv, read_json
from tests.commands.small import QUICK


def test_one_network_is_trained_watched_drawn_and_examined(trained):
    root, printed = trained
    folder = root / "train" / "first"
    history = read_csv(folder / "history.csv")
    lines = re.findall(r"^ +(\d)/3 +(\d\.\d{3}) +(\d\.\d{3}) +([\d.]+) % +([\d.]+) %", printed, re.M)
    assert [int(line[0]) for line in lines] == [1, 2, 3]
    for row, (_, *numbers) in zip(history, lines, strict=True):
        shown = [
            row["train_loss"],
            row["validation_loss"],
            100 * row["train_accuracy"],
            100 * row["validation_accuracy"],
        ]
        assert [float(number) for number in numbers] == pytest.approx(shown, abs=0.051)
    assert "learns from 100 images of 10 classes; 200 judge it, 797 more are kept for the end." in printed
    assert "first\nmlp on digits, adam, learning rate 0.005; 3 of 3 epochs (finished)" in printed
    tested = read_json(folder / "test.json")["accuracy"]
    assert f"Test, read once: {100 * tested:.1f} % of 797 images are right." in printed
    assert max(map(len, printed.replace(str(root), "").splitlines())) <= 100
    with Image.open(folder / "learning_curve.png") as picture:
        assert picture.size[0] == 1500
    drawn = read_csv(folder / "learning_curve.csv")
    assert [row["validation_loss"] for row in drawn] == [row["validation_loss"] for row in history]


def test_a_run_folder_says_what_it_is_and_is_read_as_settings(results, capsys):
    config = results / "train" / "first" / "config.yaml"
    says = "# mlp on digits: train_size 100, validation_fraction 0.2, label_noise 0, widths 16, epochs 3, batch_size 32, lr 0.005"
    assert config.read_text(encoding="utf-8").splitlines()[0] == says
    with pytest.raises(SystemExit):
        main(["train", "--config", str(config), "--train.lr", "0.1", "--print_config"])
    printed = capsys.readouterr().out
    assert "lr: 0.1" in printed and "train_size: 100" in printed


def test_what_is_done_is_not_done_again_and_another_run_needs_another_name(results, capsys):
    before = (results / "train" / "first" / "history.csv").stat().st_mtime_ns
    assert main(["train", *QUICK, "--name", "first"]) == 0
    assert "Done before; --fresh trains it anew." in capsys.readouterr().out
    assert main(["train", *QUICK, "--name", "first", "--train.lr", "0.1"]) == 2
    refused = capsys.readouterr().err
    assert "first is another run already (train.lr 0.005 against 0.1)" in refused and refused.count("\n") == 1
    assert main(["train", *QUICK, "--name", "first", "--train.seed", "1"]) == 2
    assert "(train.seed 0 against 1)" in capsys.readouterr().err
    assert (results / "train" / "first" / "history.csv").stat().st_mtime_ns == before
    assert main(["train", *QUICK, "--name", "first", "--train.lr", "0.1", "--fresh"]) == 0
    assert load_run("first").config.train.lr == 0.1


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(results, capsys, monkeypatch):
    folder = results / "train" / "first"
    whole = (folder / "history.csv").read_bytes()
    shutil.rmtree(folder)
    show = EpochLines.after_epoch

    def stop(self, state):
        show(self, state)
        if state.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nnlabs.runs.train.SAVE_EVERY_S", 0.0)
        patch.setattr(EpochLines, "after_epoch", stop)
        assert main(["train", *QUICK, "--name", "first"]) == 130
    assert "The same command again makes what is not finished" in capsys.readouterr().err
    assert not (folder / "result.json").exists() and (folder / "learning_curve.png").exists()
    assert main(["train", *QUICK, "--name", "first"]) == 0
    assert "goes on after epoch 2 of 3" in capsys.readouterr().out
    assert (folder / "history.csv").read_bytes() == whole


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--train.lrr", "1"], "train.lrr: no such setting; did you mean 'train.lr'?"),
        (["--name", "a/b"], "name: 'a/b' cannot be a folder's name everywhere"),
        (["--data.name", "auto"], "data.name: auto is for labs"),
        (["--preset", "quick"], "preset: nnlabs train has none"),
        (["--model.name", "mpl"], "model.name: no model is called 'mpl'; did you mean 'mlp'?"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, capsys, words, message):
    assert main(["train", *words, "--results", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_help_is_answered_without_torch(tmp_path):
    script = "import sys; from nnlabs.cli import main\n"
    script += "for command in (['train', '--help'], ['predict', '--help']):\n"
    script += "    try: main(command)\n    except SystemExit as ended: assert ended.code == 0\n"
    script += "sys.exit('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "--train.weight_decay" in ended.stdout and "(type: PositiveInt, default: 32)" in ended.stdout


OWN = """
import torch

class Sign(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                w.data -= group["lr"] * w.grad.sgn_typo()
"""


def test_a_mistake_in_an_optimizer_of_ones_own_is_told_with_its_line(tmp_path, capsys):
    path = tmp_path / "sign.py"
    path.write_text(OWN)
    words = [*QUICK, "--train.optimizer", f"{path}:Sign", "--results", str(tmp_path)]
    assert main(["train", *words]) == 2
    error = capsys.readouterr().err
    assert f"train.optimizer: {path}:Sign fails, {path}, line 11: AttributeError: 'Tensor' object" in error
    assert "Traceback" not in error
