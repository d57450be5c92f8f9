"""Lab 2, activations: what does the function between two layers change, and where do gradients vanish, explode or die?

    python labs/lab2_activations.py                  quick: under a minute on a laptop
    python labs/lab2_activations.py --preset full    the README's figures: some minutes
    python labs/lab2_activations.py --help           every number can be changed

Lab 1 ended with four points that no single unit can learn. Here are layers of units, with a function between them that is not a
straight line, and an engine that finds every gradient: `nnlabs.scratch`, NumPy and nothing else. Add an activation of your own
there (`nnlabs.scratch.activations` says how), and it is in every figure of acts 1 and 2.

The story has five acts, each one function below: runs, then figures.

    1  shapes     every activation with its derivative; and why there must be one: ten layers without equal a single one
    2  training   one network, one recipe, every activation: XOR, moons, circles, spirals, handwritten digits
    3  depth      before training: the gradient that comes back through 2 to 50 layers, for activations and first weights
    4  death      ReLU units that no example wakes any more, against the learning rate
    5  start      the same network from different first weights, all zeros among them

Results go to `results/activations/PRESET/`: each figure as PNG and SVG with the CSV it was drawn from, `activations.csv`,
`history.csv` and `result.json`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from nnlabs.config.describe import nearest
from nnlabs.config.load import load_lab
from nnlabs.config.schema import LabConfig
from nnlabs.config.types import NonNegativeInt, PositiveFloat, PositiveInt
from nnlabs.data.integrity import digest
from nnlabs.errors import ConfigError, run_as_script
from nnlabs.experiments.activation_insides import (
    activation_facts,
    collapse,
    dead_share,
    distinct_units,
    gradient_change,
    score_map,
    value_and_slope,
)
from nnlabs.experiments.activation_runs import PROBLEMS, Recipe, pose, summary, train, train_all
from nnlabs.experiments.lab import Account, Act, Table, close_lab, open_lab
from nnlabs.experiments.records import write_csv
from nnlabs.experiments.statistics import Interval, mean_interval
from nnlabs.plotting.activations import Map, Shape, accuracies, boundaries, gallery, loss_curves
from nnlabs.plotting.background import Painter
from nnlabs.plotting.bands import possible
from nnlabs.plotting.gradient_flow import dead_units, starts
from nnlabs.plotting.heat_maps import gradient_ratios
from nnlabs.plotting.style import describe_data
from nnlabs.plotting.tables import Column
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.init import INITS

LAB = "activations"
DIGITS = "scikit-learn's handwritten digits, 8 × 8"
DIES, LIVES = "relu", "leaky_relu"
DATA, POINTS = "XOR, moons, circles, spirals; scikit-learn's handwritten digits", "points of each toy set"
STARTED = ("relu", "tanh")
CASE = ("activation", "problem", "seed")
NEXT = (
    ("Other widths: does the ranking of the activations hold?", "nnlabs run activations --widths '[64]'"),
    ("More seeds: which differences are left?", "nnlabs run activations --seeds 10"),
    ("Networks that learn too well: what stops memorising?", "nnlabs run regularization"),
)


@dataclass(frozen=True)
class Config(LabConfig):
    """The lab's settings.

    Args:
        seeds: repetitions of everything, each with its own examples, weights and batches.
        seed: the first of them.
        examples: points of XOR, moons, circles and spirals; 70 % of them are learnt from.
        widths: units of each hidden layer of the networks that are trained.
        steps: steps of Adam.
        lr: its learning rate.
        batch_size: examples drawn at random for each step.
        depths: act 3: linear layers of the networks, rising.
        width: acts 3 to 5: units of each hidden layer.
        deep_activations: act 3: their activations.
        inits: act 3: how their weights are drawn.
        rates: act 4: learning rates, rising.
        workers: act 2: processes that train at the same time.
    """

    seeds: PositiveInt = 3
    seed: NonNegativeInt = 0
    examples: PositiveInt = 300
    widths: tuple[PositiveInt, ...] = (16, 16)
    steps: PositiveInt = 200
    lr: PositiveFloat = 0.02
    batch_size: PositiveInt = 64
    depths: tuple[PositiveInt, ...] = (2, 5, 10, 20, 50)
    width: PositiveInt = 32
    deep_activations: tuple[str, ...] = ("sigmoid", "tanh", "relu", "selu", "gelu", "silu")
    inits: tuple[str, ...] = ("normal", "lecun", "xavier", "he", "orthogonal")
    rates: tuple[PositiveFloat, ...] = (0.003, 0.01, 0.03, 0.1, 0.3)
    workers: PositiveInt = 2

    def check(self) -> None:
        """Find what can be found wrong before anything is computed."""
        if self.examples < 20:
            raise ConfigError(f"examples: {self.examples} leave too few to judge by; take 20 or more", "examples")
        for key, known in (("deep_activations", ACTIVATIONS), ("inits", INITS)):
            for name in getattr(self, key):
                if name not in known:
                    raise ConfigError(f"{key}: there is no {name!r}; {nearest(name, known)}", key)
        for key in ("deep_activations", "depths", "inits", "rates", "widths"):
            if not getattr(self, key):
                raise ConfigError(f"{key}: name at least one", key)

    def recipe(self) -> Recipe:
        """How the networks of act 2 are trained."""
        return Recipe(self.widths, self.steps, self.lr, self.batch_size)

    def wider(self, layers: int, lr: float) -> Recipe:
        """How those of acts 4 and 5 are."""
        return Recipe((self.width,) * layers, self.steps, lr, self.batch_size)

    def all_seeds(self) -> range:
        """The seeds of the repetitions."""
        return range(self.seed, self.seed + self.seeds)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab with a command line (default: the program's own); returns the exit code."""
    return run_as_script(lambda: tell(load_lab(Config, LAB, argv)))


def tell(config: Config) -> None:
    """The story, act by act."""
    folder = open_lab(LAB, config)
    with Painter(folder) as painter:
        acts = {
            "shapes": act_1_shapes(painter, config),
            "training": act_2_training(painter, config),
            "depth": act_3_depth(painter, config),
            "death": act_4_death(painter, config),
            "start": act_5_start(painter, config),
        }
    data = {name: pose(name, config.examples, config.seed) for name in PROBLEMS}
    checksums = {name: digest(its.x, its.y, its.validation_x, its.validation_y) for name, its in data.items()}
    account = Account(__doc__, DATA, len(data["XOR"].y), POINTS, config.all_seeds(), acts, NEXT, checksums)
    close_lab(folder, account)


def act_1_shapes(painter: Painter, config: Config) -> Act:
    """Show every activation with its derivative and what is known about it, straight from the registry."""
    x = np.linspace(-4, 4, 401)
    shapes = {
        name: Shape(entry.title, entry.range, x, *value_and_slope(entry, x), entry.elementwise)
        for name, entry in ACTIVATIONS.items()
    }
    painter.draw("1_activations", gallery, shapes)
    facts = activation_facts()
    write_csv(painter.folder / "activations.csv", facts)
    shown = [Column(key, key) for key in ("activation", "range", "good", "bad", "paper")]
    difference = collapse(depth=10, width=16, seed=config.seed)
    said = (
        f"{len(shapes)} activations. Without one, ten layers equal a single one, but for rounding ({difference:.0e})."
    )
    metrics = {"activations": len(shapes), "collapse_difference": difference}
    table = Table("The activations, as the registry knows them", facts, shown)
    return Act("Every activation with its derivative", [said], metrics, runs=0, tables=[table])


def act_2_training(painter: Painter, config: Config) -> Act:
    """Train the same network with each activation on each problem, and compare."""
    names = {name: entry.title for name, entry in ACTIVATIONS.items() if entry.elementwise}
    cases = list(product(names, PROBLEMS, config.all_seeds()))
    runs = dict(zip(cases, train_all(cases, config.examples, config.recipe(), config.workers), strict=True))
    history = [dict(zip(CASE, case, strict=True)) | row for case, run in runs.items() for row in run.history()]
    write_csv(painter.folder / "history.csv", history)
    losses, scores = (
        summary(names, {case: getattr(run, what) for case, run in runs.items()}) for what in ("loss", "final_accuracy")
    )
    toys, real = (len(pose(name, config.examples, config.seed).y) for name in ("XOR", "digits"))
    line = describe_data(f"XOR, moons, circles, spirals; {real:,} real digits", None, toys, config.seeds, POINTS)
    painter.draw("2_loss_curves", loss_curves, losses, runs[cases[0]].steps, line)
    painter.draw("2_accuracy", accuracies, scores, line)
    spirals = pose("spirals", config.examples, config.seed)
    grid = np.linspace(-1.1, 1.1, 60) * np.abs(spirals.x).max()
    first = {title: runs[name, "spirals", config.seed] for name, title in names.items()}
    maps = {title: Map(score_map(run.model, grid), run.final_accuracy) for title, run in first.items()}
    line = describe_data("Spirals", None, len(spirals.y), 1, "training points")
    painter.draw("2_boundaries", boundaries, maps, grid, spirals.x, spirals.y, line)
    return sum_up(scores, config.seeds)


def sum_up(scores: Mapping[str, Mapping[str, Interval]], seeds: int) -> Act:
    """The table of act 2, the best activation on top, and what it says."""
    accuracy = {title: {name: float(band.mean) for name, band in bands.items()} for title, bands in scores.items()}
    mean = {title: float(np.mean(list(its.values()))) for title, its in accuracy.items()}
    ranking = sorted(mean, key=lambda title: -mean[title])
    rows = [
        {"activation": title} | {name: possible(band, 0, 1) for name, band in scores[title].items()}
        for title in ranking
    ]
    best, worst, linear = ranking[0], ranking[-1], ACTIVATIONS["identity"].title
    said = (
        f"Over the {len(PROBLEMS)} problems {best} got most right ({mean[best]:.1%}), {worst} least ({mean[worst]:.1%}). "
        f"XOR, on which one unit failed: {accuracy[best]['XOR']:.1%} with {best}, "
        f"{accuracy[linear]['XOR']:.1%} without a non-linearity."
    )
    caption = f"Validation accuracy (%), mean ± half the 95 % interval over {seeds} seeds"
    columns = [Column("activation", "activation"), *(Column(name, name, ".1f", 100) for name in PROBLEMS)]
    runs = len(scores) * len(PROBLEMS) * seeds
    table = Table(caption, rows, columns)
    return Act("One network, every activation", [said], {"validation_accuracy": accuracy}, runs, [table])


def act_3_depth(painter: Painter, config: Config) -> Act:
    """Follow the gradient back through deep networks that have learnt nothing yet."""
    problem = pose("digits", 0, config.seed)
    names = {name: ACTIVATIONS[name].title for name in config.deep_activations}
    maps = {
        init: np.array(
            [gradient_change(problem, name, init, config.depths, config.width, config.all_seeds()) for name in names]
        )
        for init in config.inits
    }
    line = describe_data(DIGITS, None, 256, config.seeds, "images") + f" · {config.width} units a layer"
    painter.draw("3_gradient_by_depth", gradient_ratios, maps, list(names.values()), config.depths, line)
    deepest = {
        f"{title} and {init}": float(maps[init][i, -1]) for init in maps for i, title in enumerate(names.values())
    }
    least, most = min(deepest, key=lambda key: deepest[key]), max(deepest, key=lambda key: deepest[key])
    calm = min(deepest, key=lambda key: abs(deepest[key]))
    said = (
        f"From the last of {config.depths[-1]} layers back to the first, the gradient changes by a factor "
        f"of {10 ** deepest[least]:.0e} with {least}, {10 ** deepest[most]:.1g} with {most}, {10 ** deepest[calm]:.2f} with {calm}."
    )
    metrics = {"layers": config.depths[-1], "log10_first_to_last": deepest}
    return Act("What is left of the gradient after many layers", [said], metrics, runs=0)


def act_4_death(painter: Painter, config: Config) -> Act:
    """Count the units that are negative for every example after training with ever higher learning rates."""
    problems = {seed: pose("digits", 0, seed) for seed in config.all_seeds()}
    shares, scores = {}, {}
    for name in (DIES, LIVES):
        runs = [[train(its, config.wider(2, lr), name, seed) for lr in config.rates] for seed, its in problems.items()]
        dead = [
            [dead_share(run.model, problems[seed].x) for run in row] for seed, row in zip(problems, runs, strict=True)
        ]
        title = ACTIVATIONS[name].title
        shares[title] = mean_interval(dead)
        scores[title] = mean_interval([[run.final_accuracy for run in row] for row in runs])
    line = describe_data(DIGITS, None, len(problems[config.seed].y), config.seeds)
    painter.draw("4_dead_units", dead_units, shares, scores, np.array(config.rates), line)
    (relu, leaky), (dead_at, right_at) = (
        shares,
        ({name: float(np.ravel(band.mean)[-1]) for name, band in its.items()} for its in (shares, scores)),
    )
    said = (
        f"At a learning rate of {config.rates[-1]:g}, {dead_at[relu]:.0%} of the {relu} units are negative for every image "
        f"and learn nothing more; with {leaky}, whose slope is never 0, {dead_at[leaky]:.0%} are, and it gets "
        f"{right_at[leaky]:.0%} of the unseen images right against {right_at[relu]:.0%}."
    )
    metrics = {"lr": config.rates[-1], "dead_share": dead_at, "validation_accuracy": right_at}
    return Act("Units that no example wakes any more", [said], metrics, 2 * len(config.rates) * config.seeds)


def act_5_start(painter: Painter, config: Config) -> Act:
    """Train one network from differently drawn first weights."""
    recipe = config.wider(4, 0.003)
    problems = {seed: pose("digits", 0, seed) for seed in config.all_seeds()}
    losses: dict[str, dict[str, Interval]] = {}
    for name, init in product(STARTED, INITS):
        runs = [train(problem, recipe, name, seed, init) for seed, problem in problems.items()]
        losses.setdefault(ACTIVATIONS[name].title, {})[init] = mean_interval([run.loss for run in runs])
    line = describe_data(DIGITS, None, len(problems[config.seed].y), config.seeds)
    painter.draw("5_initialisations", starts, losses, runs[0].steps, line)
    alike = distinct_units(train(problems[config.seed], recipe, STARTED[-1], config.seed, "zeros").model)
    title = ACTIVATIONS[STARTED[-1]].title
    final = {init: float(np.ravel(band.mean)[-1]) for init, band in losses[title].items()}
    best = min(final, key=lambda init: final[init])
    said = (
        f"With {title}, the loss after {recipe.steps} steps is {final[best]:.2f} nats from {best} and {final['zeros']:.2f} "
        f"from zeros. Different units in the first layer then: {alike} of {config.width}, as equal units get equal gradients."
    )
    metrics = {"loss": final, "distinct_units_from_zeros": alike}
    runs = len(STARTED) * len(INITS) * config.seeds + 1
    return Act("The same network from different first weights", [said], metrics, runs)


if __name__ == "__main__":
    sys.exit(main())
