from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from itertools import accumulate, chain

import pytest
import torch
from torch import nn

from nnlabs.config.load import with_changes
from nnlabs.config.schema import ModelConfig, TrainConfig
from nnlabs.errors import ConfigError
from nnlabs.labkit.study import load_training_lab
from nnlabs.labs.optimizers.settings import OptimizersConfig
from nnlabs.labs.regularization.settings import RegularizationConfig
from nnlabs.models.build import build
from nnlabs.paths import PACKAGE
from nnlabs.records import read_json, write_json
from nnlabs.runs import precision
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import open_trained
from nnlabs.runs.precision import PRECISIONS, Speeds, fastest, kept_speeds, pick_precision, speeds_for
from nnlabs.runs.run import Run
from nnlabs.sweeps.settings import SweepConfig
from nnlabs.sweeps.sweep import sweep

CPU = torch.device("cpu")
IN_BF16 = {"fp32": 1.1, "bf16": 1.0}
IN_FP32 = {"fp32": 1.09, "bf16": 1.0}  # by less than the margin of 10 %
BF16, FP32 = Speeds(IN_BF16, IN_BF16), Speeds(IN_FP32, IN_FP32)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder of this test's own, also for the processes that it starts."""
    folder = tmp_path / "cache"
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setattr(precision, "user_cache", lambda: folder / "nnlabs")
    kept_speeds.cache_clear()
    yield folder / "nnlabs"
    kept_speeds.cache_clear()


def keep(speeds: Speeds) -> None:
    """Have this machine's measurement say this."""
    write_json(precision.kept_at(1), asdict(speeds))
    kept_speeds.cache_clear()


@pytest.fixture
def auto(tiny):
    return with_changes(tiny, {"train.precision": "auto"}, "test")


def test_an_lstm_in_bf16_is_refused_where_the_processor_computes_none():
    model, x = build(ModelConfig("lstm"), (1, 28, 28), 10), torch.zeros(2, 1, 28, 28)
    try:
        kind = pick_precision("bf16", CPU, model)
    except ConfigError as error:
        assert "computes no LSTM in bf16; choose fp32, or auto" in str(error)
        with pytest.raises(RuntimeError), precision.autocast(CPU, torch.bfloat16):
            model(x)
    else:
        with precision.autocast(CPU, kind):
            assert model(x).isfinite().all()


def test_bf16_is_taken_where_the_networks_kind_of_layer_gains_a_tenth_by_it():
    dense, convolutional = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Conv2d(1, 1, 1), nn.Linear(1, 1))
    mixed = Speeds(linear=IN_FP32, convolution=IN_BF16)
    assert pick_precision("auto", CPU, dense, mixed) == torch.float32
    assert pick_precision("auto", CPU, convolutional, mixed) == torch.bfloat16
    mixed = Speeds(linear=IN_BF16, convolution=IN_FP32)
    assert pick_precision("auto", CPU, dense, mixed) == torch.bfloat16
    assert pick_precision("auto", CPU, convolutional, mixed) == torch.float32


def timed(fp32, bf16):
    """`fastest` with a clock by which the steps take these milliseconds, round by round; and how many rounds there were."""
    calls = []
    ends = accumulate(
        chain([0.0], chain.from_iterable((0.0, ms / 1e3) for pair in zip(fp32, bf16, strict=True) for ms in pair))
    )
    next(ends)
    steps = {name: lambda name=name: calls.append(name) for name in PRECISIONS}
    return fastest(steps, lambda: next(ends)), calls.count("fp32")


def test_the_precisions_take_turns_and_each_ones_fastest_round_after_the_first_counts():
    fp32 = [0.1, 9, 8, 2, 9, 9, 9, 9, 9, 9, 9, 9, 9]
    bf16 = [0.1, 3, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1.5]
    least, rounds = timed(fp32, bf16)
    assert least == pytest.approx({"fp32": 2, "bf16": 1.5})
    assert rounds == precision.ROUNDS + 1


def test_where_bf16_is_emulated_it_is_tried_once_after_the_first():
    least, rounds = timed([1.0] * 13, [20.0] * 13)
    assert least == pytest.approx({"fp32": 1, "bf16": 20})
    assert rounds == 2


def test_this_machine_is_measured_once_and_the_file_says_of_what_and_with_what(cache):
    first = kept_speeds(1)
    (path,) = cache.glob("speeds-*.json")
    facts = read_json(path)
    assert facts["threads"] == 1
    assert facts["torch"] == torch.__version__
    assert facts["processor"]
    assert facts["instructions"]
    assert {"linear": facts["linear"], "convolution": facts["convolution"]} == asdict(first)
    assert all(time > 0 for times in asdict(first).values() for time in times.values())
    kept_speeds.cache_clear()
    assert kept_speeds(1) == first  # to the last bit: it was read


@pytest.mark.parametrize("change", [{"threads": 2}, {"torch": "9.9"}, {"processor": "Z80"}, {"instructions": "none"}])
def test_another_processor_torch_or_number_of_threads_is_measured_for_itself(monkeypatch, change):
    machine = precision._machine
    keep(BF16)
    assert kept_speeds(1) == BF16
    kept_speeds.cache_clear()
    monkeypatch.setattr(precision, "_machine", lambda threads: machine(threads) | change)
    assert kept_speeds(1) != BF16


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"linear": {"fp32": "?"}, "convolution": {}}'])
def test_a_damaged_file_is_measured_anew_and_replaced(cache, damage):
    path = precision.kept_at(1)
    cache.mkdir(parents=True)
    path.write_text(damage)
    again = kept_speeds(1)
    kept_speeds.cache_clear()
    assert read_json(path)["linear"] == again.linear
    assert kept_speeds(1) == again


def test_a_cache_folder_that_cannot_be_written_is_no_reason_to_fail(cache):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    assert kept_speeds(1).linear["fp32"] > 0


@pytest.mark.slow
def test_processes_that_come_at_once_agree(cache):
    script = "import json; from dataclasses import asdict; from nnlabs.runs.precision import kept_speeds;"
    script += "print(json.dumps(asdict(kept_speeds(1))))"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    started = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    first, second = (json.loads(process.communicate()[0]) for process in started)
    assert first == second


def test_a_precision_that_was_asked_for_is_had_and_nothing_is_measured(cache, tiny, tmp_path):
    model = nn.Linear(1, 1)
    assert pick_precision("fp32", CPU, model, BF16) == torch.float32
    assert pick_precision("bf16", CPU, model, FP32) == torch.bfloat16
    assert speeds_for(TrainConfig(precision="fp32")) is None
    assert speeds_for(TrainConfig(precision="bf16")) is None
    run = Run(with_changes(tiny, {"train.precision": "fp32"}, "test"), tmp_path)
    execute(run)
    assert run.environment["layer_ms"] is None
    assert not cache.exists()


def test_a_run_tells_its_precision_and_what_decided_it(auto, tmp_path):
    keep(BF16)
    run = Run(auto, tmp_path)
    execute(run)
    assert run.environment["precision"] == "bfloat16"
    assert run.environment["layer_ms"] == asdict(BF16)


def test_a_run_goes_on_and_is_tested_in_the_precision_that_it_began_with(auto, tmp_path):
    whole, stopped = Run(auto, tmp_path / "whole"), Run(auto, tmp_path / "stopped")
    execute(whole, speeds=BF16)
    execute(stopped, speeds=BF16)
    (stopped.folder / "result.json").unlink()  # as if it had been killed at its end
    keep(FP32)
    assert execute(stopped, speeds=FP32) | {"seconds": 0} == whole.result | {"seconds": 0}
    assert stopped.environment["precision"] == "bfloat16"
    assert stopped.environment["layer_ms"] == asdict(BF16)
    assert open_trained(stopped).precision == torch.bfloat16
    other = Run(auto, tmp_path / "new")
    execute(other)
    assert other.environment["precision"] == "float32"
    assert other.history != whole.history


@pytest.mark.slow
def test_the_workers_of_a_sweep_decide_as_the_process_that_started_it(auto, tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "kept_speeds", lambda threads: BF16)  # which other processes cannot see
    runs = [Run(with_changes(auto, {"train.seed": seed}, "test"), tmp_path) for seed in (0, 1)]
    sweep(runs, SweepConfig(workers=2))
    assert [run.environment["layer_ms"] for run in runs] == [asdict(BF16)] * 2


def test_the_kinds_of_layer_are_those_of_the_networks():
    speeds = Speeds(linear=IN_FP32, convolution=IN_BF16)
    names = {name: speeds.faster(build(ModelConfig(name), (1, 28, 28), 10)) for name in ("mlp", "cnn", "resnet", "gru")}
    assert names == {"mlp": "fp32", "cnn": "bf16", "resnet": "bf16", "gru": "fp32"}


@pytest.mark.parametrize("preset", ["smoke", "quick", "full"])
@pytest.mark.parametrize(
    ("lab", "config"), [("regularization", RegularizationConfig), ("optimizers", OptimizersConfig)]
)
def test_on_the_stand_in_all_machines_compute_in_the_same_precision(lab, config, preset):
    words = ["--preset", preset, "--data.name", "mnist1d"]
    assert load_training_lab(config, lab, words, "cifar10", "mnist1d").train.precision == "fp32"
