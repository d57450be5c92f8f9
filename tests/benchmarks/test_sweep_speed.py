"""The benchmark compares sweeps over the same runs."""

from __future__ import annotations

import pytest

BENCHMARK = "sweep_speed"


def test_runs_per_hour_come_from_the_median_and_ratios_from_within_a_round(benchmark, tiny, monkeypatch) -> None:
    # Seconds of: a warm-up of each program, then three rounds of both.
    times = iter([9.0, 9.0, 40.0, 20.0, 80.0, 40.0, 60.0, 50.0])
    asked = []

    def take_the_next_time(config, seeds, workers, threads) -> float:
        asked.append((list(seeds), workers, threads))
        return next(times)

    monkeypatch.setattr(benchmark, "time_sweep", take_the_next_time)
    alone, together = benchmark.compare(tiny, workers=2, runs=4, rounds=3)
    assert asked[2:4] == [([0, 1, 2, 3], 1, 2), ([0, 1, 2, 3], 2, 1)]
    assert asked[4:6] == [([4, 5, 6, 7], 1, 2), ([4, 5, 6, 7], 2, 1)]
    assert (alone["runs_h"], together["runs_h"]) == (3600 * 4 / 60, 3600 * 4 / 40)
    assert (alone["run_s"], together["run_s"]) == (15, 20)
    assert (alone["times"], together["times"]) == (1, 2)


@pytest.mark.slow
def test_a_sweep_is_timed_for_real_and_leaves_nothing_behind(benchmark, tiny, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert 0 < benchmark.time_sweep(tiny, range(2), workers=1, threads=1) < 60
    assert not list(tmp_path.rglob("result.json"))
