"""The benchmark sees memory that a process took, in it and in its workers."""

from __future__ import annotations

import numpy as np
import pytest

BENCHMARK = "peak_memory"


@pytest.mark.slow
def test_memory_that_was_had_and_given_back_counts(benchmark) -> None:
    before = benchmark.peak_memory_mb()
    taken = np.ones(int(before * 1e6 * 1.2), np.uint8)  # more than ever
    assert benchmark.peak_memory_mb() > taken.nbytes / 1e6
    del taken
    assert benchmark.peak_memory_mb() > 1.1 * before


@pytest.mark.slow
def test_a_sweep_is_made_for_real_and_leaves_nothing_behind(benchmark, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (peak,) = benchmark.peaks(2, workers=1)
    assert peak == benchmark.peak_memory_mb()
    assert not list(tmp_path.rglob("result.json"))


@pytest.mark.slow
def test_a_worker_tells_its_own_memory(benchmark) -> None:
    parent, worker = benchmark.peaks(2, workers=2)
    assert worker > 100  # it holds torch
    assert worker != parent
