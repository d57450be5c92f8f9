"""Lab 1, perceptron: one unit that learns from its mistakes alone. What can it learn, how fast, and what never?

    python labs/lab1_perceptron.py                  quick: some seconds on a laptop
    python labs/lab1_perceptron.py --preset full    the README's figures: about as long
    python labs/lab1_perceptron.py --help           every number can be changed

The unit answers with the sign of w·x + b. It is shown one flower after another. Where its answer is wrong, it adds y x to its
weights and y to its bias (y = ±1 is the right answer); where it is right, it does nothing. The rule in full, in NumPy:
`nnlabs.scratch.perceptron_rule`.

The story has five acts, each one function below: runs, then figures.

    1  learning   setosa and versicolor by their sepals: each mistake moves the boundary, until none is left
    2  theory     how many mistakes there can be at most (Novikoff, 1962), beside how many there were
    3  settling   versicolor and virginica: no line separates them, and the unit never rests; pocket and average help
    4  species    three classes: each against the rest, or all by one rule
    5  xor        four points that no line separates: why one unit is not enough, which leads to lab 2

Results go to `results/perceptron/PRESET/`: an animation, each figure as PNG and SVG with the CSV it was drawn from, `history.csv`
and `result.json`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.config.load import load_lab
from nnlabs.config.schema import LabConfig
from nnlabs.config.types import PositiveInt, Seed
from nnlabs.data.integrity import digest
from nnlabs.data.tabular import iris, xor
from nnlabs.errors import ConfigError, run_as_script
from nnlabs.labkit.display import LabPage
from nnlabs.labkit.folder import open_lab
from nnlabs.labkit.results import Act, LabResult, close_lab
from nnlabs.labs.perceptron.figures.learning import UnitSnapshot, film_strip, learning_animation
from nnlabs.labs.perceptron.figures.mistake_counts import mistakes_under_bound, never_settling
from nnlabs.labs.perceptron.figures.plane import Rule, class_regions
from nnlabs.labs.perceptron.findings import counted, mistakes_table, on_unseen
from nnlabs.labs.perceptron.lessons import LESSONS
from nnlabs.labs.perceptron.margin import measure_margin
from nnlabs.labs.perceptron.runs import (
    choose_frames,
    count_by_epoch,
    count_until_settled,
    errors_by_epoch,
    learn_step_by_step,
    mistake_shares,
    plane_of,
    random_orders,
    signs,
)
from nnlabs.plotting.style import describe_data
from nnlabs.plotting.worker import FigureWorker
from nnlabs.records import write_csv
from nnlabs.stats.intervals import mean_interval

LAB = "perceptron"
SEPALS, PETALS = ("sepal length", "sepal width"), ("petal length", "petal width")
FEATURES = {"sepals": SEPALS, "petals": PETALS, "all four": SEPALS + PETALS}
EASY, HARD = ("setosa", "versicolor"), ("versicolor", "virginica")
SEPARABLE = (EASY, ("setosa", "virginica"))
NEXT = (
    ("Another order of the flowers: more mistakes, or fewer?", "nnlabs run perceptron --seed 1"),
    ("Follow the pair that never settles for longer.", "nnlabs run perceptron --epochs 200"),
    ("Build networks that make features like x₁x₂ themselves.", "nnlabs run activations"),
)


@dataclass(frozen=True)
class Config(LabConfig):
    """The lab's settings.

    Args:
        orders: act 2: orders of the examples in which each task is learned.
        splits: acts 3 and 4: random splits into training and test flowers.
        epochs: acts 3 and 4: passes over the examples, as learning may never settle there.
        max_epochs: act 1: most passes over the examples; they end earlier, when the unit settles.
        frames: act 1: frames of the animation.
        slow: act 1: how many of them, from the first, show one mistake each; the others show an epoch's end each.
        seed: of orders and splits.
    """

    orders: PositiveInt = 10
    splits: PositiveInt = 20
    epochs: PositiveInt = 40
    max_epochs: PositiveInt = 5000
    frames: PositiveInt = 60
    slow: PositiveInt = 24
    seed: Seed = 0

    def check(self) -> None:
        """Find what can be found wrong before anything is computed."""
        if self.frames < 2:
            raise ConfigError(f"frames: {self.frames} makes no animation; take 2 or more", "frames")
        if self.slow >= self.frames:
            raise ConfigError(f"slow: {self.slow} of {self.frames} frames leave none for the rest; take fewer", "slow")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab with a command line (default: the program's own); returns the exit code."""
    return run_as_script(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> LabPage:
    """Run the lab, and give what a notebook shows of it; the command line is that of `main`."""
    return run_lab(load_lab(Config, LAB, argv))


def run_lab(config: Config) -> LabPage:
    """The story, act by act.

    Args:
        config: the lab's settings.
    """
    folder = open_lab(LAB, config)
    with FigureWorker(folder) as figure_worker:
        # The last act needs NumPy alone: its figure is drawn while scikit-learn is still being imported for the others.
        xor_found = act_5_xor(figure_worker)
        moments, learning = act_1_learning(figure_worker, config)
        theory = act_2_theory(figure_worker, config)
        settling = act_3_settling(figure_worker, config)
        species = act_4_species(figure_worker, config)
        # Drawn here, while the other process draws the figures.
        animate(folder, moments, learning.metrics["bound"], config)
    acts = {"learning": learning, "theory": theory, "settling": settling, "species": species, "XOR": xor_found}
    seeds = range(config.seed, config.seed + max(config.orders, config.splits))
    result = LabResult(
        __doc__, "Iris", len(iris()), "flowers", seeds, acts, NEXT, LESSONS, {"iris": digest(iris().x, iris().y)}
    )
    return close_lab(folder, result)


def act_1_learning(figure_worker: FigureWorker, config: Config) -> tuple[list[UnitSnapshot], Act]:
    """Learn setosa and versicolor by their sepals, mistake by mistake."""
    table = iris().only(EASY, SEPALS)
    n, bound = len(table), measure_margin(table.x, signs(table)).bound
    moments = list(learn_step_by_step(table, random_orders(n, config.max_epochs, config.seed)))
    write_csv(figure_worker.folder / "history.csv", count_by_epoch(moments, n))
    # Evenly spread over the powers of ten: the first mistakes move the boundary far, the later ones hardly.
    strip = [moments[i] for i in np.geomspace(1, len(moments), 4).astype(int) - 1]
    what = "A perceptron learns: each mistake moves the boundary, at times out of sight"
    figure_worker.draw("1_film_strip", film_strip, plane_of(table), strip, what, describe_pair(n))
    last = moments[-1]
    settled, epochs = last.example is None, last.epoch(n)
    finding = (
        f"With setosa and versicolor by their sepals, the unit {'settled' if settled else 'had not settled'} after "
        f"{counted(last.mistakes, 'mistake')} in {counted(epochs, 'epoch')}: {100 * last.mistakes / bound:.1f} % of the "
        f"{math.floor(bound):,} "
        "that theory allows."
    )
    metrics = {"settled": settled, "mistakes": last.mistakes, "epochs": epochs, "bound": bound}
    return moments, Act("Each mistake moves the boundary", [finding], metrics, runs=1)


def describe_pair(n: int) -> str:
    """The data of act 1, for a title."""
    return describe_data("Iris, setosa and versicolor", None, n, unit="flowers")


def animate(folder: Path, moments: Sequence[UnitSnapshot], bound: float, config: Config) -> None:
    """Write the animation of act 1."""
    table = iris().only(EASY, SEPALS)
    frames = choose_frames(moments, len(table), config.frames, config.slow)
    learning_animation(
        folder / "1_learning.gif", plane_of(table), frames, config.slow, bound, describe_pair(len(table))
    )


def act_2_theory(figure_worker: FigureWorker, config: Config) -> Act:
    """Count the mistakes until each separable task is learned, and hold them against (R/γ)²."""
    tasks = [
        count_until_settled(iris().only(pair, names), f"{'/'.join(pair)}, {which}", config.orders, config.seed)
        for pair in SEPARABLE
        for which, names in FEATURES.items()
    ]
    line = describe_data("Iris, two species at a time", None, 100, unit="flowers")
    line += f" · dots: {counted(config.orders, 'order')} of the flowers"
    figure_worker.draw("2_mistakes_under_bound", mistakes_under_bound, tasks, line)
    closest = max(task.closest for task in tasks)
    first = tasks[0]
    finding = (
        f"Over all tasks and orders, the largest share of the mistakes allowed that was made is {100 * closest:.1f} %. "
        f"With the means of the sepal features taken away, {math.floor(first.raw_bound):,} mistakes allowed "
        f"become {math.floor(first.centered_bound):,}, and {np.median(first.raw_mistakes):,g} made "
        f"{'(median)' if config.orders > 1 else '(in one order)'} "
        f"become {np.median(first.centered_mistakes):,g}."
    )
    metrics = {"tasks": [asdict(task) for task in tasks], "closest_to_bound": closest}
    runs = 2 * len(tasks) * config.orders
    return Act(
        "How many mistakes there can be, and how many there were", [finding], metrics, runs, [mistakes_table(tasks)]
    )


def act_3_settling(figure_worker: FigureWorker, config: Config) -> Act:
    """Follow a pair that no line separates, and what the pocket and the average make of it on unseen flowers.

    The interval is of these 100 flowers: over splits, which share flowers. Other flowers may differ by more.
    """
    easy, hard = iris().only(EASY), iris().only(HARD)
    tables = {"setosa/versicolor": easy, "versicolor/virginica": hard}
    shares = {name: mistake_shares(table, config.epochs, config.seed) for name, table in tables.items()}
    seeds = range(config.seed, config.seed + config.splits)
    splits = np.array([errors_by_epoch(*hard.split(seed=seed), config.epochs, seed) for seed in seeds])
    errors = {name: mean_interval(splits[:, k]) for k, name in enumerate(("last weights", "pocket", "average"))}
    line = describe_data("Iris by all four features, two species at a time", None, len(hard), unit="flowers")
    line += (
        f" · shaded: 95\N{NO-BREAK SPACE}% interval over {config.splits} overlapping splits"
        if config.splits > 1
        else " · one split"
    )
    figure_worker.draw("3_never_settling", never_settling, shares, errors, "versicolor/virginica", line)
    final = {name: mean_interval(splits[:, k, -1]) for k, name in enumerate(errors)}
    cost = counted(round(shares["versicolor/virginica"][-1] * len(hard)), "mistake")
    findings = [
        f"Versicolor and virginica still cost {cost} in epoch {config.epochs}.",
        on_unseen(
            dict(zip(errors, splits[:, :, -1].T, strict=True)),
            f"{len(hard.split(seed=config.seed)[1])} unseen flowers of these {len(hard)}",
            " (pocket: the best weights so far; average: the mean of all)",
        ),
    ]
    gains = [mean_interval(splits[:, 0, -1] - splits[:, k, -1]) for k in (1, 2)]
    metrics = {
        "test_error": final,
        "last_minus_weaker": min(gains, key=lambda gain: float(gain.mean)),
        "splits": config.splits,
    }
    return Act("No line separates them, and the unit never rests", findings, metrics, runs=2 + 2 * config.splits)


def act_4_species(figure_worker: FigureWorker, config: Config) -> Act:
    """Learn three species, each against the rest and all by one rule."""
    from nnlabs.labs.perceptron.estimators import MulticlassPerceptron, Perceptron

    options: dict[str, Any] = {"max_iter": config.epochs, "random_state": config.seed}
    learners = {"each against the rest": Perceptron(**options), "one rule for all": MulticlassPerceptron(**options)}
    petals = iris().only(features=PETALS)
    rules = {}
    for name, learner in learners.items():
        learner.fit(petals.x, petals.y)
        rules[name] = Rule(learner.coef_, learner.intercept_, boundaries=type(learner) is Perceptron)
    line = describe_data("Iris by its petals", None, len(petals), unit="flowers")
    line += " · dashed: each class against the rest"
    figure_worker.draw("4_three_species", class_regions, plane_of(petals), rules, line)
    splits = [iris().split(seed=config.seed + k) for k in range(config.splits)]
    errors = {
        name: np.array([1 - learner.fit(train.x, train.y).score(test.x, test.y) for train, test in splits])
        for name, learner in learners.items()
    }
    findings = ["Three at once by all four features.", on_unseen(errors, f"{len(splits[0][1])} unseen flowers")]
    metrics = {"test_error": {name: mean_interval(wrong) for name, wrong in errors.items()}, "splits": config.splits}
    return Act("Three species at once", findings, metrics, runs=2 + 2 * config.splits)


def act_5_xor(figure_worker: FigureWorker) -> Act:
    """Show the four points of XOR in turn until the unit is back where it was; then help it with a third feature."""
    table = xor()
    in_turn = [np.arange(4)] * 100
    moments = list(learn_step_by_step(table, in_turn))
    states = [(*moment.w, moment.b) for moment in moments]
    period = states.index(states[0], 1)
    line = describe_data(table.title, None, len(table), unit="points")
    what = f"XOR: every {period} mistakes, the weights come back to what they were"
    figure_worker.draw("5_xor", film_strip, plane_of(table), moments[:period], what, line)
    product = replace(table, x=np.column_stack([table.x, table.x.prod(axis=1)]), features=(*table.features, "x₁x₂"))
    helped = list(learn_step_by_step(product, in_turn))[-1]
    settled = helped.example is None
    finding = (
        f"The weights come back to the same values every {period} mistakes, for ever. Given x₁x₂ as a third feature, the unit "
        f"{'settles' if settled else 'has not settled'} after {counted(helped.mistakes, 'mistake')}. Lab 2 builds networks that "
        "make such features themselves."
    )
    metrics = {"period": period, "with_product": {"settled": settled, "mistakes": helped.mistakes}}
    return Act("Four points that one unit cannot learn", [finding], metrics, runs=2)


if __name__ == "__main__":
    sys.exit(main())
