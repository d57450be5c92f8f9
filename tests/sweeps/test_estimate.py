from __future__ import annotations

import time

import pytest

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.errors import UserError
from nnlabs.runs.execute import execute
from nnlabs.runs.run import Run
from nnlabs.sweeps import estimate as module
from nnlabs.sweeps.costs import Cost, Costs, kind_of
from nnlabs.sweeps.dask_pool import open_pool
from nnlabs.sweeps.estimate import Estimate, estimate, gain_of_threads, measure
from nnlabs.sweeps.pools import HerePool
from nnlabs.sweeps.settings import SweepConfig

HERE = SweepConfig(workers=1)


@pytest.fixture
def runs(tiny, tmp_path) -> list[Run]:
    """Six runs that cost the same, of some seconds each."""
    changes = {"data.train_size": None, "model.widths": [256, 256], "train.epochs": 12}
    base = with_changes(tiny, changes, "test")
    return [Run(with_changes(base, {"train.lr": lr}, "test"), tmp_path) for lr in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)]


def test_runs_that_differ_in_cost_are_of_different_kinds(tiny):
    same = (
        {"train.lr": 0.3},
        {"train.seed": 5},
        {"train.epochs": 9},
        {"train.schedule": "cosine"},
        {"model.dropout": 0.0},
    )
    other = ({"model.widths": [9]}, {"train.batch_size": 9}, {"data.train_size": 9}, {"data.augment": ["flip"]})
    assert {kind_of(with_changes(tiny, changes, "test")) for changes in same} == {kind_of(tiny)}
    assert len({kind_of(with_changes(tiny, changes, "test")) for changes in other} | {kind_of(tiny)}) == 5


def test_it_costs_the_same_to_drop_few_units_or_many_but_not_none(tiny):
    kinds = [kind_of(with_changes(tiny, {"model.dropout": rate}, "test")) for rate in (0.0, 0.1, 0.8)]
    assert kinds[1] == kinds[2] != kinds[0]


def test_a_run_costs_what_another_of_its_size_does_and_not_the_same_technique_on_more_data(tiny):
    """Lab 3's sizes: 150 epochs of 1,000 images were once taken to cost 150 epochs of 54,000."""

    def few_or_all(size: int | None, changes: dict[str, object]) -> RunConfig:
        return with_changes(tiny, {"data.train_size": size, **changes}, "test")

    technique = {"data.augment": ["crop"], "data.crop_pad": 1, "model.batch_norm": True}
    known = {kind_of(few_or_all(None, technique)): Cost(7.0, 1), kind_of(few_or_all(50, {})): Cost(0.3, 1)}
    assert Costs(known).of(few_or_all(50, technique)).epoch_s == 0.3
    assert Costs(known).of(few_or_all(None, {})).epoch_s == 7.0


def test_one_of_each_model_and_size_is_tried_before_any_second_one(tiny):
    changes = [{"data.train_size": size, "model.widths": [width]} for size in (None, 50) for width in (4, 8, 16)]
    order = module._mixed([with_changes(tiny, each, "test") for each in changes])
    assert [each.data.train_size for each in order] == [None, 50] * 3


def test_a_few_steps_tell_what_a_run_costs(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "perf_counter", time.process_time)  # whatever else the machine does
    tried = min((measure(runs[0].config) for _ in range(3)), key=lambda cost: cost.epoch_s)
    assert not list(tmp_path.iterdir())
    begun = time.process_time()
    execute(runs[0], show_progress=False)
    took = (time.process_time() - begun) / 12
    assert took / 4 < tried.epoch_s < took * 4
    size = sum(path.stat().st_size for path in runs[0].folder.iterdir())
    assert size / 1.1 < tried.size < size * 1.1


def test_what_is_finished_is_measured_no_more(runs, monkeypatch):
    execute(runs[0], show_progress=False)
    monkeypatch.setattr(module, "measure", None)  # calling it would fail
    found = estimate(runs, HERE, Costs())
    assert (found.runs, found.workers) == (5, 1)
    assert found.seconds == pytest.approx(5 * runs[0].result["seconds"])
    assert found.size == pytest.approx(5 * sum(path.stat().st_size for path in runs[0].folder.iterdir()))


def test_no_kind_is_tried_after_the_time_is_up_and_the_nearest_one_stands_for_it(runs, monkeypatch):
    tried = []
    monkeypatch.setattr(module, "BUDGET_S", 0.5)
    monkeypatch.setattr(module, "measure", lambda config: tried.append(config) or time.sleep(0.3) or measure(config))
    kinds = [
        Run(with_changes(runs[0].config, {"train.batch_size": size}, "t"), runs[0].lab_folder) for size in range(9, 19)
    ]
    found = estimate(kinds, HERE, Costs())
    assert 1 <= len(tried) <= 2
    assert found.seconds > 0


def test_a_run_that_cannot_be_tried_is_left_to_the_sweep_but_a_mistake_is_told(model, tiny, tmp_path):
    found = estimate([model("broken")], HERE, Costs())
    assert found.sentence(tmp_path, 9.0) == f"1 run to do, in {tmp_path}"
    wrong = with_changes(tiny, {"model.batch_norm": True, "train.batch_size": 33}, "test")
    with pytest.raises(UserError, match=r"^train\.batch_size"):
        estimate([Run(wrong, tmp_path)], HERE, Costs())


def test_the_line_says_runs_time_workers_and_room(tmp_path):
    assert Estimate(120, 2, 1800.0, 48.2e6).sentence(tmp_path, 240.0) == (
        f"120 runs and figures to do: about 34 min with 2 workers, 53 MB in {tmp_path}"
    )
    one = Estimate(1, 1, 12.3, 100.0).sentence(tmp_path, 8.0)
    assert one == f"1 run and figures to do: about 20 s with 1 worker, 5 MB in {tmp_path}"
    assert Estimate(0, 1, 0.0, 0.0).sentence(tmp_path, 0.0) == f"nothing to do: all runs are in {tmp_path}"


class TwoAtATime(HerePool):
    """Calls made here and now, as if by two processes."""

    def size(self) -> int:
        return 2


@pytest.mark.parametrize(
    ("side_by_side", "alone", "gain"),
    [
        ([10, 10, 10], [5, 5, 5], 1.0),  # two runs in 10 s, or one in 5
        ([10, 10, 10], [4, 4, 4], 1.25),
        ([10, 10, 10], [9, 9, 9], 5 / 9),
        ([10, 40, 10], [4, 16, 40], 1.25),  # once the machine was busy all the time, once with one of them alone
    ],
)
def test_threads_and_workers_are_tried_in_turns(tiny, monkeypatch, side_by_side, alone, gain):
    left = {1: [seconds for seconds in side_by_side for _ in range(2)], 2: list(alone)}
    monkeypatch.setattr(module, "measure", lambda config: Cost(left[config.train.threads].pop(0), 1))
    assert gain_of_threads(tiny, TwoAtATime()) == pytest.approx(gain)


def test_the_settings_that_would_be_faster_are_named_and_runs_stay_what_they_are(tmp_path):
    plain = Estimate(12, 2, 600.0, 4e6).sentence(tmp_path, 0.0)
    assert Estimate(12, 2, 600.0, 4e6, 1.02).sentence(tmp_path, 0.0) == plain
    assert Estimate(12, 2, 600.0, 4e6, 1.25).sentence(tmp_path, 0.0) == (
        f"{plain}\nnotice: one after another they would take 0.80 times as long: --sweep.workers 1 --train.threads 2"
    )


def test_runs_on_several_threads_share_the_cores(monkeypatch):
    monkeypatch.setattr("loky.cpu_count", lambda: 8)
    sizes = []
    for threads in (1, 2, 3, 16):
        with open_pool(SweepConfig(), 99, threads) as pool:
            sizes.append(pool.size())
    assert sizes == [8, 4, 2, 1]
    with open_pool(SweepConfig(workers=5), 99, 2) as pool:
        assert pool.size() == 5


def test_a_fold_is_of_another_kind_than_a_run_on_the_validation_split_but_each_fold_of_the_same(tiny):
    kinds = [kind_of(with_changes(tiny, {"data.fold": fold}, "test")) for fold in (None, 0, 3)]
    assert kinds[1] == kinds[2] != kinds[0]


@pytest.mark.slow
def test_other_settings_are_not_advised_where_a_part_is_done_which_they_would_make_anew(runs, monkeypatch):
    monkeypatch.setattr(module, "WORTH_TRYING_S", 0.0)
    monkeypatch.setattr(module, "gain_of_threads", lambda *_: 1.5)
    two = SweepConfig(workers=2)
    assert estimate(runs, two, Costs()).gain == 1.5
    execute(runs[0], show_progress=False)
    assert estimate(runs, two, Costs()).gain == 1.0


def test_epochs_with_the_hardest_examples_alone_cost_their_share(tiny):
    short, long = (
        with_changes(tiny, {"train.epochs": epochs, "train.keep_hardest": 0.1}, "test") for epochs in (2, 20)
    )
    costs = Costs({kind_of(short): Cost(1.0, 0)})
    assert costs.seconds(short) == 2
    assert costs.seconds(long) == pytest.approx(2 + 18 * 0.1)  # two whole epochs, then a tenth of the examples
