"""Lab 2, activations: what does the function between two layers change, and where do gradients vanish, explode or die?

    python labs/lab2_activations.py                  quick: under a minute on a laptop
    python labs/lab2_activations.py --preset full    the README's figures: some minutes
    python labs/lab2_activations.py --help           every number can be changed

Lab 1 ended with four points that no single unit can learn. Here are layers of units, with a function between them that is not a
straight line, and an engine that finds every gradient: `nnlabs.scratch`, NumPy and nothing else. Add an activation of your own
there (`nnlabs.scratch.activations` says how), and it is in every figure of acts 1 and 2.

The story has five acts, each one function below: runs, then figures.

    1  shapes     every activation with its derivative; and why there must be one: ten layers without equal a single one
    2  training   one network, one recipe, every activation: XOR, moons, spirals, handwritten digits
    3  depth      before training: the gradient on its way back through many layers, for activations and first weights
    4  death      ReLU units that no example wakes any more, against the learning rate
    5  start      the same network from different first weights, all zeros among them

Results go to `results/activations/PRESET/`: each figure as PNG and SVG with the CSV it was drawn from, `activations.csv`,
`history.csv` and `result.json`.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.config.describe import nearest
from nnlabs.config.load import load_lab
from nnlabs.config.schema import LabConfig
from nnlabs.config.types import NonNegativeInt, PositiveFloat, PositiveInt
from nnlabs.errors import ConfigError, run_as_script
from nnlabs.experiments.activation_runs import (
    PROBLEMS,
    Recipe,
    Run,
    collapse,
    dead_share,
    distinct_units,
    gradient_norms,
    pose,
    score_map,
    train,
    train_all,
    value_and_slope,
)
from nnlabs.experiments.lab import close_lab, open_lab
from nnlabs.experiments.records import write_csv
from nnlabs.experiments.statistics import mean_interval
from nnlabs.plotting.activations import Map, Shape, accuracies, boundaries, gallery, loss_curves, show_range
from nnlabs.plotting.background import Painter
from nnlabs.plotting.gradient_flow import dead_units, gradients_by_layer, starts
from nnlabs.plotting.style import describe_data
from nnlabs.plotting.tables import Column, format_table
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.init import INITS

LAB = "activations"
DIGITS = "scikit-learn's handwritten digits, 8 × 8"
DIES, LIVES = "relu", "leaky_relu"
STARTED = ("relu", "tanh")

Found = tuple[dict[str, Any], str]
"""What an act found: its numbers by name, and what they say in a sentence."""


@dataclass(frozen=True)
class Config(LabConfig):
    """The lab's settings.

    Args:
        seeds: repetitions of everything, each with its own examples, weights and batches.
        seed: the first of them.
        examples: points of XOR, moons and spirals; 70 % of them are learnt from.
        widths: units of each hidden layer of the networks that are trained.
        steps: steps of Adam.
        lr: its learning rate.
        batch_size: examples drawn at random for each step.
        depth: act 3: linear layers of the deep network.
        width: acts 3 to 5: units of each hidden layer.
        deep_activations: act 3: activations of the deep network.
        inits: act 3: how its weights are drawn.
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
    depth: PositiveInt = 20
    width: PositiveInt = 32
    deep_activations: tuple[str, ...] = ("sigmoid", "tanh", "relu", "selu", "gelu", "identity")
    inits: tuple[str, ...] = ("normal", "lecun", "xavier", "he", "orthogonal")
    rates: tuple[PositiveFloat, ...] = (0.003, 0.01, 0.03, 0.1, 0.3)
    workers: PositiveInt = 2

    def check(self) -> None:
        """Find what can be found wrong before anything is computed."""
        if self.examples < 20:
            raise ConfigError(f"examples: {self.examples} leave too few to judge by; take 20 or more", "examples")
        for key, names, known in (
            ("deep_activations", self.deep_activations, ACTIVATIONS),
            ("inits", self.inits, INITS),
        ):
            for name in names:
                if name not in known:
                    raise ConfigError(f"{key}: there is no {name!r}; {nearest(name, known)}", key)
        for key in ("deep_activations", "inits", "rates", "widths"):
            if not getattr(self, key):
                raise ConfigError(f"{key}: name at least one", key)

    def recipe(self) -> Recipe:
        """How the networks of act 2 are trained."""
        return Recipe(self.widths, self.steps, self.lr, self.batch_size)

    def all_seeds(self) -> range:
        """The seeds of the repetitions."""
        return range(self.seed, self.seed + self.seeds)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab.

    Args:
        argv: command line; default: the program's own.

    Returns:
        The exit code.
    """
    return run_as_script(lambda: tell(load_lab(Config, LAB, argv)))


def tell(config: Config) -> None:
    """The story, act by act.

    Args:
        config: the lab's settings.
    """
    folder = open_lab(LAB, config)
    with Painter(folder) as painter:
        shapes = act_1_shapes(painter, config)
        table, training = act_2_training(painter, config)
        found = {
            "shapes": shapes,
            "training": training,
            "depth": act_3_depth(painter, config),
            "death": act_4_death(painter, config),
            "start": act_5_start(painter, config),
        }
    say(folder, config, table, found)


def act_1_shapes(painter: Painter, config: Config) -> Found:
    """Show every activation with its derivative and what is known about it, straight from the registry."""
    x = np.linspace(-4, 4, 401)
    shapes = {
        name: Shape(entry.title, entry.range, x, *value_and_slope(entry, x), entry.elementwise)
        for name, entry in ACTIVATIONS.items()
    }
    painter.draw("1_activations", gallery, shapes)
    facts = [
        {
            "activation": entry.title,
            "formula": entry.formula,
            "range": show_range(entry.range),
            "good": entry.good,
            "bad": entry.bad,
            "paper": entry.paper,
        }
        for entry in ACTIVATIONS.values()
    ]
    write_csv(painter.folder / "activations.csv", facts)
    print(
        format_table(
            list(wrapped(facts)), [Column(key, key) for key in ("activation", "range", "good", "bad", "paper")]
        )
    )
    difference = collapse(depth=10, width=16, seed=config.seed)
    said = (
        f"Shapes: {len(shapes)} activations. Without one, ten layers of 16 units equal a single layer: their outputs differ by "
        f"{difference:.0e} at most, which is rounding."
    )
    return {"activations": len(shapes), "collapse_difference": difference}, said


def act_2_training(painter: Painter, config: Config) -> tuple[list[dict[str, Any]], Found]:
    """Train the same network with each activation on each problem, and compare."""
    names = {name: entry.title for name, entry in ACTIVATIONS.items() if entry.elementwise}
    cases = list(product(names, PROBLEMS, config.all_seeds()))
    runs = dict(zip(cases, train_all(cases, config.examples, config.recipe(), config.workers), strict=True))
    write_csv(painter.folder / "history.csv", [row for case, run in runs.items() for row in history(*case, run)])
    steps = runs[cases[0]].steps
    losses, scores = (
        {
            title: {problem: interval(runs, what, name, problem, config) for problem in PROBLEMS}
            for name, title in names.items()
        }
        for what in ("loss", "final_accuracy")
    )
    line = describe_data(
        "XOR, moons, spirals; digits", None, round(0.7 * config.examples), config.seeds, "training points"
    )
    line += f" (digits: {len(pose('digits', 0, 0).y):,})"
    painter.draw("2_loss_curves", loss_curves, losses, steps, line)
    painter.draw("2_accuracy", accuracies, scores, line)
    draw_boundaries(painter, config, {title: runs[name, "spirals", config.seed] for name, title in names.items()})
    table = [{"activation": title, **bands} for title, bands in scores.items()]
    mean = {title: float(np.mean([band.mean for band in bands.values()])) for title, bands in scores.items()}
    table.sort(key=lambda row: -mean[row["activation"]])
    best, worst = table[0]["activation"], table[-1]["activation"]
    line_ = scores[ACTIVATIONS["identity"].title]["XOR"].mean
    said = (
        f"Training: over the four problems {best} got most right ({mean[best]:.1%}), {worst} least ({mean[worst]:.1%}). XOR, on which "
        f"one unit failed: {scores[best]['XOR'].mean:.1%} with {best}, {line_:.1%} without a non-linearity."
    )
    return table, ({"validation_accuracy": {title: means(bands) for title, bands in scores.items()}}, said)


def interval(runs: Mapping[tuple[str, str, int], Run], what: str, name: str, problem: str, config: Config) -> Any:
    """Mean over seeds, with its interval, of what the runs of one activation on one problem measured."""
    return mean_interval([getattr(runs[name, problem, seed], what) for seed in config.all_seeds()])


def draw_boundaries(painter: Painter, config: Config, runs: Mapping[str, Run]) -> None:
    """Draw what the networks of the first seed make of the spirals' plane."""
    spirals = pose("spirals", config.examples, config.seed)
    reach = 1.1 * float(np.abs(spirals.x).max())
    grid = np.linspace(-reach, reach, 60)
    maps = {title: Map(score_map(run.model, grid), run.final_accuracy) for title, run in runs.items()}
    line = describe_data("Spirals", None, len(spirals.y), 1, "training points")
    painter.draw("2_boundaries", boundaries, maps, grid, spirals.x, spirals.y, line)


def act_3_depth(painter: Painter, config: Config) -> Found:
    """Follow the gradient back through a deep network that has learnt nothing yet."""
    problem = pose("digits", 0, config.seed)
    norms: dict[str, dict[str, Any]] = {}
    for name, init in product(config.deep_activations, config.inits):
        sizes = [gradient_norms(problem, name, init, config.depth, config.width, seed) for seed in config.all_seeds()]
        # log 0 = -inf, a gradient lost altogether, does not count in the mean.
        with np.errstate(divide="ignore"):
            norms.setdefault(ACTIVATIONS[name].title, {})[init] = mean_interval(np.log10(sizes))
    line = describe_data(DIGITS, None, 256, config.seeds, "images")
    line += f" · {config.depth} layers of {config.width} units"
    painter.draw("3_gradients_by_layer", gradients_by_layer, norms, line)
    change = {
        (title, init): band.mean[0] - band.mean[-1] for title, bands in norms.items() for init, band in bands.items()
    }
    least, most, calm = (
        min(change, key=key) for key in (lambda k: change[k], lambda k: -change[k], lambda k: abs(change[k]))
    )
    said = (
        f"Depth: on its way back through {config.depth} layers the gradient changes by a factor of {10 ** change[least]:.0e} with "
        f"{' and '.join(least)}, of {10 ** change[most]:.0e} with {' and '.join(most)}, and of {10 ** change[calm]:.2g} with "
        f"{' and '.join(calm)}."
    )
    return {"log10_first_to_last": {f"{title}, {init}": float(x) for (title, init), x in change.items()}}, said


def act_4_death(painter: Painter, config: Config) -> Found:
    """Count the units that are negative for every example after training with ever higher learning rates."""
    problems = {seed: pose("digits", 0, seed) for seed in config.all_seeds()}
    shares, scores = {}, {}
    for name in (DIES, LIVES):
        runs = [
            [train(its, config_at(config, rate), name, seed) for rate in config.rates] for seed, its in problems.items()
        ]
        shares[name] = mean_interval(
            [[dead_share(run.model, its.x) for run in row] for its, row in zip(problems.values(), runs, strict=True)]
        )
        scores[name] = mean_interval([[run.final_accuracy for run in row] for row in runs])
    titles = {name: ACTIVATIONS[name].title for name in shares}
    by_title = [{titles[name]: band for name, band in bands.items()} for bands in (shares, scores)]
    line = describe_data(DIGITS, None, len(problems[config.seed].y), config.seeds)
    painter.draw("4_dead_units", dead_units, *by_title, np.array(config.rates), line)
    said = (
        f"Death: at a learning rate of {config.rates[-1]:g}, {shares[DIES].mean[-1]:.0%} of the {titles[DIES]} units are negative for "
        f"every image and learn nothing more; with {titles[LIVES]}, whose slope is never 0, {shares[LIVES].mean[-1]:.0%} are, and "
        f"it gets {scores[LIVES].mean[-1]:.0%} of the unseen images right against {scores[DIES].mean[-1]:.0%}."
    )
    return {
        "rates": list(config.rates),
        "dead_share": {name: band.mean.tolist() for name, band in shares.items()},
    }, said


def config_at(config: Config, lr: float) -> Recipe:
    """The recipe of act 4: two wider layers at another learning rate."""
    return Recipe((config.width,) * 2, config.steps, lr, config.batch_size, records=2)


def act_5_start(painter: Painter, config: Config) -> Found:
    """Train one network from differently drawn first weights."""
    recipe = Recipe((config.width,) * 4, config.steps // 2 + 1, 0.003, config.batch_size)
    problems = {seed: pose("digits", 0, seed) for seed in config.all_seeds()}
    runs = {
        (name, init): [train(its, recipe, name, seed, init) for seed, its in problems.items()]
        for name, init in product(STARTED, INITS)
    }
    losses: dict[str, dict[str, Any]] = {ACTIVATIONS[name].title: {} for name in STARTED}
    for (name, init), its in runs.items():
        losses[ACTIVATIONS[name].title][init] = mean_interval([run.loss for run in its])
    line = describe_data(DIGITS, None, len(problems[config.seed].y), config.seeds)
    painter.draw("5_initialisations", starts, losses, runs[STARTED[0], "he"][0].steps, line)
    final = {init: float(band.mean[-1]) for init, band in losses[ACTIVATIONS[STARTED[0]].title].items()}
    best = min(final, key=lambda init: final[init])
    equal = distinct_units(runs[STARTED[0], "zeros"][0].model)
    said = (
        f"Start: with {ACTIVATIONS[STARTED[0]].title}, the loss after {recipe.steps} steps is {final[best]:.2f} nats from {best} and "
        f"{final['zeros']:.2f} from zeros, where {equal} of {config.width} units in the first layer is different from the others: "
        "equal units get equal gradients and stay equal."
    )
    return {"loss": final, "distinct_units_from_zeros": equal}, said


def means(bands: Mapping[str, Any]) -> dict[str, float]:
    """The means of some intervals."""
    return {name: float(band.mean) for name, band in bands.items()}


def history(name: str, problem: str, seed: int, run: Run) -> Iterator[dict[str, Any]]:
    """One run as rows: training loss in nats and validation accuracy, a share, by step."""
    for step, loss, accuracy in zip(run.steps.tolist(), run.loss.tolist(), run.accuracy.tolist(), strict=True):
        yield {"activation": name, "problem": problem, "seed": seed, "step": step, "loss": loss, "accuracy": accuracy}


def wrapped(facts: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """Rows whose long texts go on in further rows."""
    for row in facts:
        cells = [textwrap.wrap(text, 36) for text in row.values()]
        yield from (dict(zip(row, line, strict=True)) for line in zip_longest(*cells, fillvalue=""))


def say(folder: Path, config: Config, table: Sequence[Mapping[str, Any]], found: Mapping[str, Found]) -> None:
    """Print the table and what the numbers say, and write both to `result.json`."""
    sentences = [said for _, said in found.values()]
    print(f"\nValidation accuracy (%), mean ± half the 95 % interval over {config.seeds} seeds\n")
    print(
        format_table(
            table, [Column("activation", "activation"), *(Column(name, name, ".1f", 100) for name in PROBLEMS)]
        )
    )
    print("", *sentences, f"\nFigures and numbers: {folder}", sep="\n")
    close_lab(folder, {**{act: facts for act, (facts, _) in found.items()}, "says": sentences})


if __name__ == "__main__":
    sys.exit(main())
