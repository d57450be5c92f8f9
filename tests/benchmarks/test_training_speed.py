"""The benchmark's programs train the same network to the same weights, and its table says what was measured."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest
import torch

from nnlabs.config.schema import ModelConfig
from nnlabs.data.examples import Examples
from nnlabs.runs.precision import Speeds

BENCHMARK = "training_speed"


@pytest.fixture
def images(benchmark):
    x = torch.randint(0, 256, (64, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return benchmark.Images(Examples(x, x[:, 0, 0, 0].long() // 26), torch.full((1, 1, 1), 0.5), torch.ones(1, 1, 1))


def weights_after_an_epoch(benchmark, images, program, monkeypatch):
    """One step on all images, in which their order does not matter."""
    task = benchmark.Task("noise", ModelConfig("mlp", widths=(16,)), (), images=64, batch_size=64)
    models = []
    module = sys.modules["training_programs"]
    build = module.build
    monkeypatch.setattr(module, "build", lambda *arguments: models.append(build(*arguments)) or models[-1])
    torch.manual_seed(0)
    benchmark.programs()[program](task, images)()
    return [weights.detach() for weights in models[0].parameters()]


@pytest.mark.slow
@pytest.mark.parametrize("program", ["Lightning", "skorch", "bare, fp32", "ours, fp32"])
def test_all_programs_compute_what_the_tutorial_computes(benchmark, images, program, monkeypatch) -> None:
    if program in ("Lightning", "skorch"):
        pytest.importorskip(program.lower())
    expected = weights_after_an_epoch(benchmark, images, "tutorial", monkeypatch)
    torch.testing.assert_close(
        weights_after_an_epoch(benchmark, images, program, monkeypatch), expected, atol=1e-5, rtol=1e-4
    )


def test_what_is_not_installed_is_no_program(benchmark) -> None:
    for name in ("Lightning", "skorch"):
        assert (name in benchmark.programs()) == (find_spec(name.lower()) is not None)


def test_percent_of_bare_is_against_the_faster_bare_loop(benchmark) -> None:
    seconds = {"tutorial": 8.0, "bare, fp32": 2.0, "ours, fp32": 4.0, "bare, bf16": 1.0, "ours, bf16": 1.25}
    # In the second round the machine was ten times as busy; the third is the median's.
    rounds = {program: [each, 10 * each, 1.1 * each] for program, each in seconds.items()}
    rows = {row["program"]: row for row in benchmark.table("MLP", 11, rounds, dict.fromkeys(seconds, 9.0))}
    of_bare = {"tutorial": 1 / 8, "bare, fp32": 1 / 2, "ours, fp32": 1 / 4, "bare, bf16": 1, "ours, bf16": 0.8}
    assert {name: row["of_bare"] for name, row in rows.items()} == pytest.approx(of_bare)
    assert rows["ours, bf16"]["of_tutorial"] == pytest.approx(6.4)
    assert rows["ours, bf16"]["images_s"] == pytest.approx(8)


@pytest.mark.parametrize(("bf16", "left_out"), [(41.0, True), (5.0, False)])
def test_emulated_bf16_is_left_out_with_a_sentence(benchmark, monkeypatch, capsys, bf16, left_out) -> None:
    times = {"fp32": 10.0, "bf16": bf16}
    monkeypatch.setattr(benchmark, "kept_speeds", lambda threads: Speeds(times, times))
    assert benchmark.emulates_bf16(1) is left_out
    assert ("bf16 is left out" in capsys.readouterr().out) is left_out
