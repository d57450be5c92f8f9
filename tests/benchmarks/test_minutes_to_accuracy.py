"""The benchmark keeps the rules of a record."""

from __future__ import annotations

import pytest

from nnlabs.errors import ConfigError
from nnlabs.runs.precision import PRECISIONS

BENCHMARK = "minutes_to_accuracy"


def test_the_settings_are_those_of_fast_and_can_be_changed(benchmark) -> None:
    cifar10, fashion = benchmark.settings("cifar10", []), benchmark.settings("fashion_mnist", ["--train.epochs", "7"])
    assert (cifar10.data.name, cifar10.train.optimizer, cifar10.train.keep_hardest) == ("cifar10", "muon", 0.5)
    assert (fashion.data.name, fashion.train.optimizer, fashion.train.epochs) == ("fashion_mnist", "muon", 7)
    assert (fashion.model.widths, fashion.train.keep_hardest) == ((16, 32, 64), None)
    assert cifar10.train.lr == 0.15 and benchmark.settings("cifar10", ["--train.lr", "0.1"]).train.lr == 0.1


def test_a_record_needs_five_different_seeds(benchmark) -> None:
    for seeds, told in ((range(4), "a record needs 5 different seeds at least"), ([*range(5), 0], "same run twice")):
        with pytest.raises(ConfigError, match=told):
            benchmark.main(["cifar10", "--record", "--seeds", *map(str, seeds)])


@pytest.mark.slow
def test_the_test_split_is_read_for_a_record_only(benchmark, tiny, monkeypatch, capsys) -> None:
    monkeypatch.setattr(benchmark, "settings", lambda task, words: tiny)
    assert benchmark.main(["cifar10", "--seeds", "0", "1"]) == 0
    choosing = capsys.readouterr().out
    assert "% on validation" in choosing
    assert "test" not in choosing
    assert benchmark.main(["cifar10", "--record"]) == 0
    lines = capsys.readouterr().out.splitlines()
    percent = [float(line.split()[2]) for line in lines if line.startswith("seed")]
    (row,) = [line for line in lines if line.startswith("| handwritten digits") or "| 5 |" in line]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert float(cells[1].split(" ± ")[0]) == pytest.approx(sum(percent) / 5, abs=0.01)
    assert cells[2] == "5"
    assert cells[5] == "3"
    assert cells[6].endswith(str(PRECISIONS["fp32"]).removeprefix("torch."))
    assert cells[7] == "`python benchmarks/minutes_to_accuracy.py cifar10 --record`"
