"""One run: a configuration becomes a trained network and a folder that tells all about it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from nnlabs.config.schema import RunConfig
from nnlabs.files import readable_write_errors
from nnlabs.records import read_csv, read_json
from nnlabs.runs.fingerprint import describe_run, run_name
from nnlabs.runs.lock import run_lock

# What the setting `train.precision` calls the types that `environment.json` names.
_PRECISIONS: dict[str, Literal["fp32", "bf16"]] = {"float32": "fp32", "bfloat16": "bf16"}


class RunResult(dict[str, Any]):
    """The facts in `result.json`, which a notebook shows as a table below the learning curve.

    Args:
        facts: the facts.
        run: the run that they are of.
    """

    def __init__(self, facts: Mapping[str, Any], run: Run) -> None:
        super().__init__(facts)
        self.run = run

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        from nnlabs.runs.display import result_html

        return result_html(self, self.run.folder.name, describe_run(self.run.config), self.run.history)


@dataclass(frozen=True)
class Run:
    """A run and its folder, `LAB_FOLDER/RUN/`, finished or not.

    Args:
        config: what it computes; the data set is named, not `auto`.
        lab_folder: folder of the lab's results.
    """

    config: RunConfig
    lab_folder: Path

    @cached_property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.lab_folder / run_name(self.config)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do: `result.json` is written last, also when the run is given up as failed."""
        return (self.folder / "result.json").exists()

    @property
    def result(self) -> RunResult:
        """The facts in `result.json`."""
        return RunResult(read_json(self.folder / "result.json"), self)

    @property
    def environment(self) -> dict[str, Any]:
        """The facts in `environment.json`, written when the run begins; none before."""
        path = self.folder / "environment.json"
        return read_json(path) if path.exists() else {}

    @property
    def begun_config(self) -> RunConfig:
        """The configuration, with the precision that the run was begun in: a machine decides for `auto` once in a run's life."""
        begun = _PRECISIONS.get(self.environment.get("precision", ""), self.config.train.precision)
        return replace(self.config, train=replace(self.config.train, precision=begun))

    @property
    def tested(self) -> bool:
        """Whether the test split has been read with its network."""
        return (self.folder / "test.json").exists()

    @property
    def test_result(self) -> dict[str, Any]:
        """The facts in `test.json`, there once `evaluate_on_test` has read the test split."""
        return read_json(self.folder / "test.json")

    @property
    def history(self) -> dict[str, list[float]]:
        """The columns of `history.csv`: one value a finished epoch; none for a run that failed before its first one ended."""
        path = self.folder / "history.csv"
        rows = read_csv(path) if path.exists() else []
        return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}

    def forget(self) -> None:
        """Delete the folder, so that the run starts over; one that another process works on is new already, and stays.

        Raises:
            RunError: where it cannot be deleted.
        """
        with run_lock(self.folder) as claimed, readable_write_errors(self.folder):
            if claimed and self.folder.exists():
                (self.folder / "result.json").unlink(missing_ok=True)  # first: what is half deleted is not done
                shutil.rmtree(self.folder)
