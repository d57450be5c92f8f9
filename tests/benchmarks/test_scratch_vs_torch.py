"""The benchmark measures programs that compute the same, and writes its map."""

from __future__ import annotations

import csv
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

BENCHMARK = "scratch_vs_torch"


@pytest.mark.slow
@pytest.mark.parametrize("l2_in_loss", [True, False])
def test_our_program_and_torchs_have_the_same_loss_after_50_steps(benchmark: ModuleType, l2_in_loss: bool) -> None:
    sides = [make(20, 6, "float64", l2_in_loss) for make in (benchmark.ours, benchmark.theirs)]
    ours, theirs = ([step() for _ in range(50)] for step in sides)
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert ours[-1] < ours[0]


def test_the_engine_of_scalars_has_the_same_losses_too(benchmark: ModuleType) -> None:
    sides = [benchmark.scalars(10, 4), benchmark.ours(10, 4, "float64", True)]
    scalars, ours = ([step() for _ in range(5)] for step in sides)
    assert scalars == pytest.approx(ours, abs=1e-12)


def test_programs_that_differ_are_not_compared(benchmark: ModuleType) -> None:
    with pytest.raises(SystemExit, match="do not compute the same"):
        benchmark.check_equal({"a": lambda: 1.0, "b": lambda: 1.1}, steps=2, tolerance=1e-3)


@pytest.mark.slow
def test_the_map_is_drawn_from_what_was_measured(benchmark: ModuleType, tmp_path: Path) -> None:
    rows = benchmark.measure_map(batches=(1, 2), widths=(4, 8, 16), rounds=1)
    benchmark.draw_map(rows, tmp_path)
    with (tmp_path / "scratch_vs_torch.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [(row["batch"], row["width"]) for row in written] == [(b, w) for b in "12" for w in ("4", "8", "16")]
    assert all(float(row["ratio"]) == pytest.approx(float(row["torch"]) / float(row["ours"])) for row in written)
    with Image.open(tmp_path / "scratch_vs_torch.png") as picture:
        assert picture.width == 1500
