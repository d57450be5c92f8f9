"""A study for a lab that trains many networks: one base configuration, its variations, and a folder for what comes of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, TypeVar

from nnlabs.config.load import DataChoice, load_lab, with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.console import line_width
from nnlabs.data.auto import resolve
from nnlabs.data.catalog import lookup
from nnlabs.data.image_files import pin_content
from nnlabs.errors import RunError
from nnlabs.labkit.folder import claim, open_lab
from nnlabs.labkit.judges import check_judges
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.paths import results_root
from nnlabs.plotting.intervals import Drawn
from nnlabs.plotting.style import CROSS_ENTROPY, describe_data
from nnlabs.plotting.worker import FigureWorker
from nnlabs.records import read_json
from nnlabs.runs.fingerprint import describe_differences, edited, own_digests
from nnlabs.runs.run import Run
from nnlabs.sweeps.costs import Costs
from nnlabs.sweeps.dask_pool import workers_for
from nnlabs.sweeps.estimate import estimate
from nnlabs.sweeps.pools import processes_started
from nnlabs.sweeps.results import failed
from nnlabs.sweeps.sweep import sweep
from nnlabs.sweeps.versions import version_notices

if TYPE_CHECKING:
    from nnlabs.data.split import Splits

AnyLab = TypeVar("AnyLab", bound=TrainingLabConfig)
LOSSES = {
    "cross_entropy": CROSS_ENTROPY,
    "binary_cross_entropy": "binary cross-entropy (nats)",
    "mse": "mean squared error",
    "hinge": "hinge loss",
}
"""What a figure calls the losses of `train.loss`."""


@dataclass(frozen=True)
class Study:
    """Where a lab's runs are made.

    Args:
        config: the lab's settings.
        base: the run that all others are variations of, its data set named.
        folder: `results/LAB/PRESET/`, for the lab's figures and its account.
        splits: the data, as the base configuration splits it.
        opened_at: when the lab began, by `time.monotonic()`.
    """

    config: TrainingLabConfig
    base: RunConfig
    folder: Path
    splits: Splits
    opened_at: float = field(default_factory=time.monotonic)
    _begun: set[Path] = field(default_factory=set)
    _said: set[str] = field(default_factory=set)
    _costs: Costs = field(default_factory=Costs)
    _own: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def variation(self, changes: Mapping[str, Any]) -> list[Run]:
        """The base with some changes, once for each seed.

        Args:
            changes: new values by dotted name.
        """
        varied = with_changes(self.base, changes, "variation")
        return [
            Run(with_changes(varied, {"train.seed": seed}, "seeds"), self.folder.parent) for seed in self.config.seeds
        ]

    def announce(self, runs: Iterable[Run]) -> None:
        """Say on the console how many runs are missing, about how long the lab still takes and how much room they need.

        Args:
            runs: all of them, before the first is completed.

        Raises:
            UserError: for what a later run would refuse, such as more images than there are.
        """
        from nnlabs.runs.checks import check_runs

        wanted = list(runs)
        check_runs([run.config for run in wanted], self.splits)
        self._begin(wanted)
        expected = estimate(wanted, self.config.sweep, self._costs)
        # The test and the figures take about as long as all before the first run: imports, data, trials.
        print(expected.sentence(self.folder.parent, time.monotonic() - self.opened_at), flush=True)

    def complete(self, label: str, runs: Iterable[Run]) -> None:
        """Train what is missing, in parallel, and say so on the console, as well as which runs failed.

        Args:
            label: what these runs are.
            runs: all of them; one that occurs twice counts once.
        """
        wanted = list({run.folder: run for run in runs}.values())  # plain is of every sweep over strengths
        self._begin(wanted)
        missing = sum(not run.done for run in wanted)
        before = f", {len(wanted) - missing} of them there already" if missing < len(wanted) else ""
        print(f"{label}: {len(wanted)} run{'s' * (len(wanted) != 1)}{before}", flush=True)
        sweep(wanted, self.config.sweep, label, self._costs)
        self._tell_failures(wanted)

    def _begin(self, runs: Sequence[Run]) -> None:
        """Forget old runs where all is to be new, once; name what other versions made; refuse to mix an edited network's runs."""
        for names, config in {(run.config.model.name, run.config.train.optimizer): run.config for run in runs}.items():
            now = own_digests(config)
            if self._own.setdefault(names, now) != now:
                raise RunError(edited(config))
        notices = []
        if self.config.fresh and claim(self.folder):
            for run in runs:
                if run.folder not in self._begun:
                    run.forget()
        elif self.config.fresh:
            notices.append(
                f"another process is at work in {self.folder}: in spite of --fresh, what it has finished is kept"
            )
        self._begun.update(run.folder for run in runs)
        for notice in [*notices, *version_notices(runs)]:
            if notice not in self._said:
                print(f"notice: {notice}")
                self._said.add(notice)

    def _tell_failures(self, runs: Sequence[Run]) -> None:
        """Name the runs that were given up, and why."""
        for run, words in zip(runs, describe_differences([run.config for run in runs]), strict=True):
            if failed(run):
                print(
                    f"failed: {run.folder.name} ({words}): {run.result['reason']}; --fresh, or deleting it, tries again"
                )

    def training_minutes(self) -> float:
        """How long the runs asked for so far have trained, each by its own clock, in this command or an earlier one."""
        done = (folder / "result.json" for folder in self._begun if (folder / "result.json").exists())
        return float(sum(read_json(path).get("seconds", 0.0) for path in done)) / 60

    def train_size(self, wanted: int | None, folds: int = 1) -> int | None:
        """`wanted` training images where there are more; else as many as the lab takes, where null means all there are.

        Args:
            wanted: how many would be right.
            folds: where one of so many parts is held out, in turns, there must be more in the others.
        """
        available, whole = len(self.splits.train), len(self.splits.labels)
        if folds > 1:
            available = min(available, whole - math.ceil(whole / folds))
        if wanted is not None and wanted < available:
            return wanted
        taken = self.base.data.train_size
        return taken if taken is not None and taken <= available else None

    @property
    def judges(self) -> str:
        """How many images decide between networks, and how many tell at the end how good they are; for tables."""
        return f"judged by {len(self.splits.validation):,} validation and {len(self.splits.test):,} test {self.splits.unit}"

    def data_line(self, *train_sizes: int | None, seeds: int | None = None, label_noise: float | None = None) -> str:
        """The line under a figure's title: data set, number of training images, seeds, wrong labels; a stand-in shouted.

        Args:
            *train_sizes: of the runs shown, as in `DataConfig`; default: all training images.
            seeds: repetitions behind each mean; default: the lab's seeds.
            label_noise: share of the training labels that are wrong; default: as the base configuration has it.
        """
        splits = self.splits
        sizes, unit = [size or len(splits.train) for size in train_sizes or (None,)], f"training {splits.unit}"
        repetitions = seeds or len(self.config.seeds)
        noise = splits.label_noise if label_noise is None else label_noise
        if splits.stand_in_for is None:
            return describe_data(splits.title, None, sizes, repetitions, unit, noise)
        real = lookup(splits.stand_in_for).title
        return describe_data(lookup(splits.name).title, real, sizes, repetitions, unit, noise)

    @property
    def loss(self) -> str:
        """What the networks are trained to lower, as an axis names it."""
        return LOSSES[self.base.train.loss]

    @cached_property
    def figure_worker(self) -> FigureWorker:
        """The process that draws; to be entered with `with`, which waits until all figures are there."""
        return FigureWorker(self.folder)

    def draw(self, name: str, function: Callable[..., Drawn], *arguments: Any) -> None:
        """Have a figure drawn in the lab's folder, with the numbers it shows, while the lab goes on.

        Args:
            name: the files' name.
            function: one of the plotting functions.
            *arguments: what it is given.
        """
        self.figure_worker.draw(name, function, *arguments)

    def animate(self, name: str, function: Callable[..., object], *arguments: Any) -> None:
        """Have an animation made in the lab's folder, while the lab goes on.

        Args:
            name: the file's name, without ending.
            function: takes the path of the file, which ends in `.gif`, and the arguments.
            *arguments: what it is given.
        """
        self.figure_worker.call(function, self.folder / f"{name}.gif", *arguments)


def load_training_lab(
    config_class: type[AnyLab], lab: str, argv: Sequence[str] | None, real: str, stand_in: str
) -> AnyLab:
    """Read the configuration of a lab that trains networks, its data set named.

    Args:
        config_class: the lab's frozen dataclass.
        lab: the lab's name.
        argv: command line; default: the program's own.
        real: the data set that `auto` takes where it can be had.
        stand_in: the one it takes otherwise, which is said; the presets' `stand_in` sections hold wherever it is taken.

    Raises:
        UserError: as `load_lab`; and for a data set that does not exist.
    """

    def choose_data(config: AnyLab, may_download: bool) -> DataChoice:
        """The data set that `auto` stands for here; said once, by who goes on to train."""
        goes_on = may_download and not config.estimate
        data, notice = resolve(config.data, real, stand_in, goes_on)
        if notice and goes_on:
            print(fill(notice, line_width()))
        return DataChoice({"data.name": data.name, "data.stand_in_for": data.stand_in_for}, data.name == stand_in)

    return load_lab(config_class, lab, argv, choose_data)


def open_study(lab: str, config: TrainingLabConfig, real: str, name: str | None = None, judged: bool = True) -> Study:
    """Read the data, and make the lab's folder; the results of an earlier run of the lab go.

    Args:
        lab: the lab's name.
        config: its settings, the data set named.
        real: the data set that the lab is about.
        name: of the folder; default: from the preset, the data and what was changed.
        judged: whether validation examples are to decide between networks, which a range test has none of.

    Raises:
        UserError: where the data cannot be had, or the folder not be written.
    """
    opened_at = time.monotonic()
    # Where nothing was trained yet, processes are needed soon: they import while this one does.
    local = name is None and config.sweep.scheduler is None
    needed = local and not any((results_root(config.results) / lab).glob("*/history.csv"))
    with processes_started(workers_for(config.sweep, config.base.train.threads) if needed else 1):
        from nnlabs.data.load import load_cached  # not before, for it imports torch

        base = fit_size(config)
        splits = load_cached(base.data)  # first: earlier results do not go for a command that cannot be run
        if judged:
            check_judges(splits)
        return Study(config, base, open_lab(lab, config, name, real), splits, opened_at)


def fit_size(config: TrainingLabConfig) -> RunConfig:
    """The lab's base configuration: images of a folder as they are now; a set with no more than are wanted is taken whole.

    Args:
        config: the lab's settings, the data set named.

    Raises:
        UserError: where the data cannot be had.
    """
    data = pin_content(config.data)
    if data.train_size is not None:
        from nnlabs.data.load import count_training

        data = data if data.train_size < count_training(data) else replace(data, train_size=None)
    return replace(config.base, data=data)
