"""Lab 2, activations: what does the function between two layers change, and where do gradients vanish, explode or die?

    python labs/lab2_activations.py                  quick: about a minute on a laptop
    python labs/lab2_activations.py --preset full    the README's figures: some minutes
    python labs/lab2_activations.py --help           every number can be changed
    python labs/lab2_activations.py --mine DIR       with activations that you wrote: nnlabs exercise start activations

Lab 1 ended with four points that no single unit can learn. Here are layers of units, with a function between them that is not a
straight line, and an engine that finds every gradient: `nnlabs.scratch`, NumPy and nothing else. Add an activation of your own
there (`nnlabs.scratch.activations` says how), and it is in every comparison of acts 1 and 2.

The story has eight acts, each one function below: runs, then figures.

    1  shapes      every activation with its derivative; and why there must be one: ten layers without equal a single one
    2  training    one network, one recipe, every activation: XOR, moons, circles, spirals, digits; one learns in motion
    3  depth       before training: the gradient that comes back through 2 to 50 layers, for activations and first weights
    4  saturation  what goes into the hidden units before and after training, and how much of it where the slope is next to 0
    5  death       ReLU units that no example wakes, step by step, against the learning rate
    6  start       the same network from different first weights, all zeros among them
    7  size        wider or deeper: what fits two spirals
    8  replica     the same network from the same weights in PyTorch: are the numbers of our engine right?

Results go to `results/activations/PRESET/`: an animation, each figure as PNG and SVG with the CSV it was drawn from,
`activations.csv`, `history.csv` and `result.json`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from nnlabs.config.load import load_lab
from nnlabs.data.integrity import digest
from nnlabs.errors import run_as_script
from nnlabs.labkit.display import LabPage
from nnlabs.labkit.folder import open_lab
from nnlabs.labkit.results import Act, LabResult, close_lab
from nnlabs.labs.activations import findings
from nnlabs.labs.activations.figures.activations import accuracies, gallery, loss_curves
from nnlabs.labs.activations.figures.computation_graph import back_propagation
from nnlabs.labs.activations.figures.decision_maps import learning_network, mosaic
from nnlabs.labs.activations.figures.gradient_flow import dead_units, dying_units, starts
from nnlabs.labs.activations.figures.gradient_maps import fit_by_size, gradient_by_layer, gradient_ratios
from nnlabs.labs.activations.figures.saturation import histograms
from nnlabs.labs.activations.figures.torch_replica import same_losses
from nnlabs.labs.activations.gradients import (
    activation_facts,
    activation_shapes,
    collapse,
    distinct_units,
    gradient_profiles,
    ground_of,
    moments,
    score_map,
)
from nnlabs.labs.activations.hidden_units import FLAT, saturation, units_dying
from nnlabs.labs.activations.lessons import FIRST, LESSONS
from nnlabs.labs.activations.mine import with_mine
from nnlabs.labs.activations.settings import ActivationsConfig
from nnlabs.labs.activations.torch_replica import furthest_apart, losses_of_both
from nnlabs.labs.activations.training import PROBLEMS, Job, Recipe, by_seed, make_problem, over_seeds, train, train_all
from nnlabs.plotting.style import describe_data
from nnlabs.plotting.worker import FigureWorker
from nnlabs.records import write_csv
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.init import INITS
from nnlabs.stats.intervals import Interval, mean_interval

LAB = "activations"
DIGITS = "scikit-learn's handwritten digits, 8 × 8"
DATA, POINTS = "XOR, moons, circles, spirals; scikit-learn's handwritten digits", "points of each toy set"
TOYS = [name for name in PROBLEMS if name != "digits"]
MOVING, DIES, LIVES, STARTED = "tanh", "relu", "leaky_relu", ("relu", "tanh")
ONE_UNIT = (0.8, 1.5, -0.5, -0.2)  # weight, input, bias, target
NEXT = (
    ("Other widths: does the ranking of the activations hold?", 'nnlabs run activations --widths "[64]"'),
    ("More seeds: which differences are left?", "nnlabs run activations --seeds 10"),
    ("Networks that learn too well: what stops memorizing?", "nnlabs run regularization"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab with a command line (default: the program's own); returns the exit code."""
    return run_as_script(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> LabPage:
    """Run the lab, and give what a notebook shows of it; the command line is that of `main`."""
    return run_lab(load_lab(ActivationsConfig, LAB, argv))


def run_lab(config: ActivationsConfig) -> LabPage:
    """The story, act by act."""
    folder = open_lab(LAB, config)
    config = with_mine(config)
    # Runs that diverge are told of in the findings; the warnings on their way would only hide that.
    with np.errstate(over="ignore", invalid="ignore"), FigureWorker(folder) as figure_worker:
        story = {
            "shapes": act_1_shapes,
            "training": act_2_training,
            "depth": act_3_depth,
            "saturation": act_4_saturation,
            "death": act_5_death,
            "start": act_6_start,
            "size": act_7_size,
            "replica": act_8_replica,
        }
        acts = {}
        for number, (name, act) in enumerate(story.items(), start=1):
            print(f"act {number} of {len(story)}: {name}", flush=True)
            acts[name] = act(figure_worker, config)
        # Drawn here, while the other process draws the figures.
        animate(folder, config)
    data = {name: make_problem(name, config.examples, config.seed) for name in PROBLEMS}
    checksums = {name: digest(p.x, p.y, p.validation_x, p.validation_y) for name, p in data.items()}
    result = LabResult(__doc__, DATA, len(data["XOR"].y), POINTS, config.seeds, acts, NEXT, LESSONS, checksums)
    return close_lab(folder, result)


def act_1_shapes(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Show every activation with its derivative and what is known about it, straight from the registry."""
    shapes = activation_shapes(np.linspace(-4, 4, 401))
    figure_worker.draw("1_activations", gallery, shapes)
    facts = activation_facts()
    write_csv(figure_worker.folder / "activations.csv", facts)
    error = collapse(depth=10, width=16, seed=config.seed)
    finding = f"{len(shapes)} activations. Without one, ten layers equal a single one, but for rounding ({error:.0e})."
    metrics = {"activations": len(shapes), "collapse_difference": error}
    tables = [findings.facts_table(facts)]
    return Act("Every activation with its derivative", [finding], metrics, runs=0, tables=tables)


def act_2_training(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Train the same network with each activation on each problem, and compare."""
    names = {name: ACTIVATIONS[name].title for name in config.activations}
    cases = list(product(names, PROBLEMS, config.seeds))
    jobs = [Job(problem, config.recipe(), name, seed) for name, problem, seed in cases]
    runs = dict(zip(cases, train_all(jobs, config.examples, config.workers), strict=True))
    keys = ("activation", "problem", "seed")
    history = [dict(zip(keys, case, strict=True)) | row for case, run in runs.items() for row in run.history()]
    write_csv(figure_worker.folder / "history.csv", history)
    losses = over_seeds([run.log10_loss for run in runs.values()], names.values(), PROBLEMS)
    scores = over_seeds([run.final_accuracy for run in runs.values()], names.values(), PROBLEMS)
    toys, real = (len(make_problem(name, config.examples, config.seed).y) for name in ("XOR", "digits"))
    line = describe_data(f"XOR, moons, circles, spirals; {real:,} real digits", None, toys, len(config.seeds), POINTS)
    figure_worker.draw("2_loss_curves", loss_curves, losses, config.recipe().shown(), line)
    judges = {name: len(make_problem(name, config.examples, config.seed).validation_y) for name in PROBLEMS}
    judged = f"judged by {judges['XOR']:,} more points of each and {judges['digits']:,} more digits"
    figure_worker.draw("2_accuracy", accuracies, scores, f"{line} · {judged}")
    grounds = {toy: ground_of(make_problem(toy, config.examples, config.seed)) for toy in TOYS}
    maps = {
        toy: {title: score_map(runs[name, toy, config.seed].model, ground.grid(40)) for name, title in names.items()}
        for toy, ground in grounds.items()
    }
    figure_worker.draw(
        "2_boundaries", mosaic, maps, grounds, describe_data("Four toy sets", None, toys, 1, "training points")
    )
    tables = [findings.accuracy_table(scores, len(config.seeds), judges)]
    right = np.reshape([run.final_accuracy for run in runs.values()], (len(names), len(PROBLEMS), -1))
    overall = dict(zip(names.values(), map(mean_interval, right.mean(axis=1).tolist()), strict=True))
    lost = {title: sum(runs[case].diverged for case in cases if case[0] == name) for name, title in names.items()}
    sentences = findings.on_divergence(lost, len(cases) // len(names))
    sentences += findings.on_training({title: bands["XOR"] for title, bands in scores.items()}, overall)
    metrics = {"validation_accuracy": scores}
    return Act("One network, every activation", sentences, metrics, len(jobs), tables)


def animate(folder: Path, config: ActivationsConfig) -> None:
    """Write the animation of act 2: one network of that act learns the spirals."""
    spirals = make_problem("spirals", config.examples, config.seed)
    what = f"A network with {ACTIVATIONS[MOVING].title} learns two spirals"
    line = describe_data("Spirals", None, len(spirals.y), 1, "training points")
    shown = moments(spirals, config.recipe(), MOVING, config.seed, config.frames)
    learning_network(folder / "2_learning.gif", ground_of(spirals), shown, what, line)


def act_3_depth(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Follow the gradient back through deep networks that have learned nothing yet."""
    problem = make_problem("digits", 0, config.seed)
    titles = [ACTIVATIONS[name].title for name in config.deep_activations]
    profiles = {
        init: [
            gradient_profiles(problem, config.deep_activations, init, depth, config.width, config.seeds)
            for depth in config.depths
        ]
        for init in config.inits
    }
    line = describe_data(DIGITS, None, 256, len(config.seeds), "images") + f" · {config.width} units a layer"
    ratios = {init: np.array([profile[:, 0] for profile in by_depth]).T for init, by_depth in profiles.items()}
    figure_worker.draw("3_gradient_by_depth", gradient_ratios, ratios, titles, config.depths, line)
    deep = {init: by_depth[-1] for init, by_depth in profiles.items()}
    figure_worker.draw("3_gradient_by_layer", gradient_by_layer, deep, titles, line)
    change = {f"{name} and {init}": float(logs[i, 0]) for init, logs in deep.items() for i, name in enumerate(titles)}
    metrics = {"layers": config.depths[-1], "log10_first_to_last": change}
    sentences = findings.on_depth(config.depths[-1], change)
    return Act("What is left of the gradient after many layers", sentences, metrics, runs=0)


def describe_digits(config: ActivationsConfig) -> str:
    """The data line of figures in which each seed splits the digits anew."""
    return describe_data(DIGITS, None, len(make_problem("digits", 0, config.seed).y), len(config.seeds))


def act_4_saturation(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Look at what goes into the units of three hidden layers before training, and after."""
    recipe, digits = config.wider(3, config.lr), by_seed("digits", 0, config.seeds)
    layers = {ACTIVATIONS[name].title: saturation(digits, recipe, name) for name in config.deep_activations}
    figure_worker.draw("4_saturation", histograms, layers, FLAT, describe_digits(config))
    before, after = (
        {title: float(np.mean([getattr(layer, when).mean for layer in stack])) for title, stack in layers.items()}
        for when in ("share_before", "share_after")
    )
    lost = {title: len(config.seeds) - int(stack[0].share_after.n) for title, stack in layers.items()}
    sentences = findings.on_divergence(lost, len(config.seeds)) + findings.on_saturation(recipe.steps, before, after)
    metrics = {"flat_below": FLAT, "saturated_before": before, "saturated_after": after}
    return Act("Inputs that drift to where the slope is flat", sentences, metrics, len(layers) * len(config.seeds))


def act_5_death(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Count the units that are negative for every example, step by step, with ever higher learning rates."""
    digits, steps = by_seed("digits", 0, config.seeds), config.wider(2, config.lr).shown()
    by_step: dict[tuple[str, int], dict[str, Interval]] = {}
    dead, right, ends, highest = {}, {}, {}, {}
    for name in (DIES, LIVES):
        title = ACTIVATIONS[name].title
        shares, scores = units_dying(digits, [config.wider(2, lr) for lr in config.rates], name)
        for layer in range(shares.shape[-1]):
            courses = zip(config.rates, shares[..., layer], strict=True)
            by_step[title, layer + 1] = {f"{lr:g}": mean_interval(course) for lr, course in courses}
        ends[name], highest[title] = shares[:, :, -1].mean(axis=-1), shares[-1]
        dead[title], right[title] = mean_interval(ends[name].T), mean_interval(scores.T)
    figure_worker.draw("5_dying_units", dying_units, by_step, steps, describe_digits(config))
    figure_worker.draw("5_dead_units", dead_units, dead, right, np.array(config.rates), describe_digits(config))
    dead_at, right_at = ({name: float(np.ravel(band.mean)[-1]) for name, band in end.items()} for end in (dead, right))
    metrics = {"lr": config.rates[-1], "dead_share": dead_at, "validation_accuracy": right_at}
    if len(config.rates) > 1:
        metrics["dead_share_gained"] = mean_interval(ends[DIES][-1] - ends[DIES][0])
    sentences = findings.on_death(config.rates[-1], steps, highest, right_at)
    return Act("Units that no example wakes", sentences, metrics, 2 * len(config.rates) * len(config.seeds))


def act_6_start(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Train one network from differently drawn first weights."""
    recipe, titles = config.wider(4, 0.003), [ACTIVATIONS[name].title for name in STARTED]
    jobs = [Job("digits", recipe, name, seed, init) for name, init, seed in product(STARTED, INITS, config.seeds)]
    runs = [run.loss for run in train_all(jobs, 0, config.workers)]
    losses = over_seeds(runs, titles, INITS)
    figure_worker.draw("6_initializations", starts, losses, recipe.shown(), describe_digits(config))
    zeros = train(make_problem("digits", 0, config.seed), recipe, STARTED[-1], config.seed, "zeros")
    distinct = distinct_units(zeros.model)
    final = over_seeds([loss[-1] for loss in runs], titles, INITS)[titles[-1]]
    sentences = findings.on_start(titles[-1], recipe.steps, final, distinct, config.width)
    ends = {(job.activation, job.init, job.seed): loss[-1] for job, loss in zip(jobs, runs, strict=True)}
    apart = [ends[STARTED[-1], "zeros", seed] - ends[STARTED[-1], "xavier", seed] for seed in config.seeds]
    mean = {init: float(loss.mean) for init, loss in final.items()}
    metrics = {"loss": mean, "zeros_minus_xavier": mean_interval(apart), "distinct_units_from_zeros": distinct}
    return Act("The same network from different first weights", sentences, metrics, len(jobs) + 1)


def act_7_size(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Train networks of many widths and depths on the spirals."""
    sizes = list(product(config.fit_depths, config.fit_widths))
    recipes = [Recipe((width,) * depth, config.steps, config.lr, config.batch_size) for depth, width in sizes]
    jobs = [Job("spirals", recipe, DIES, seed) for recipe, seed in product(recipes, config.seeds)]
    runs = train_all(jobs, config.examples, config.workers)
    loss, right = (
        mean_interval(np.reshape(values, (len(config.fit_depths), len(config.fit_widths), -1)).transpose(2, 0, 1))
        for values in ([run.log10_loss[-1] for run in runs], [run.final_accuracy for run in runs])
    )
    n = len(make_problem("spirals", config.examples, config.seed).y)
    line = describe_data("Spirals", None, n, len(config.seeds), "training points") + f" · {ACTIVATIONS[DIES].title}"
    figure_worker.draw("7_width_and_depth", fit_by_size, loss, right, config.fit_depths, config.fit_widths, line)
    scores = dict(zip(sizes, np.ravel(right.mean).tolist(), strict=True))
    weights = dict(zip(sizes, (run.weights for run in runs[:: len(config.seeds)]), strict=True))
    metrics = {"validation_accuracy": {f"{depth} x {width}": score for (depth, width), score in scores.items()}}
    lost = {size: len(config.seeds) - n for size, n in zip(scores, np.ravel(loss.n).tolist(), strict=True)}
    return Act("Wider or deeper", findings.on_size(scores, weights, lost, len(config.seeds)), metrics, len(jobs))


def act_8_replica(figure_worker: FigureWorker, config: ActivationsConfig) -> Act:
    """Train the same networks, from the same weights and with the same batches, by our engine and by PyTorch."""
    spirals = by_seed("spirals", config.examples, config.seeds)
    ours, theirs = losses_of_both(spirals, config.recipe())
    n = len(spirals[config.seed].y)
    line = f"{describe_data('Spirals', None, n, len(config.seeds), 'training points')} · float64"
    figure_worker.draw("8_back_propagation", back_propagation, *ONE_UNIT)
    figure_worker.draw("8_torch_replica", same_losses, ours, theirs, line)
    furthest = furthest_apart(ours, theirs)
    at_first = float(np.max(list(furthest_apart(ours, theirs, FIRST).values())))  # nan where one is
    sentences = findings.on_replica(config.steps, furthest, at_first)
    metrics = {"largest_difference": furthest, "at_first": at_first}
    return Act("The same network in PyTorch", sentences, metrics, 2 * len(ours) * len(config.seeds))


if __name__ == "__main__":
    sys.exit(main())
