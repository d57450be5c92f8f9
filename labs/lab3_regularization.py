"""Lab 3, regularization: a network with more weights than images learns its images by heart. What stops it?

    python labs/lab3_regularization.py                  quick: about two minutes on a laptop
    python labs/lab3_regularization.py --preset full    the README's figures: most of an hour on two cores
    python labs/lab3_regularization.py --help           every number can be changed

The network is a multi-layer perceptron (MLP) of 670,000 weights; the images are Fashion-MNIST's photographs of clothes. Trained
plainly it gets nearly all training images right and goes no further on images it has not seen: it overfits. Each technique of this
lab makes memorizing harder in its own way, and the generalization gap, training minus validation accuracy, shows by how much.

The story has six acts, each one function below: runs, then figures.

    1  techniques   L2, L1, dropout, batch norm, early stopping, augmentation, label smoothing; and all that helped, together
    2  strengths    too little regularization overfits, too much underfits: the U between them
    3  sizes        more data is the oldest regularizer
    4  topologies   the right structure beats the right penalty: convolutions, recurrence and attention at equal weights
    5  selection    how to choose settings: grid search, random search, cross-validation; on validation only
    6  test         read once, at the end: accuracy, confusions, the most confident mistakes, calibration

Results go to `results/regularization/PRESET/`: each figure as PNG and SVG with the CSV it was drawn from, and `result.json`.
Every single run keeps a folder of its own beside it; the same command again only does what is missing.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlabs.config.load import load_lab, with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.errors import RunError, run_as_script
from nnlabs.labkit.comparison import best_on_validation, close_study, networks_act
from nnlabs.labkit.results import Act
from nnlabs.labkit.study import Study, describe_network, open_study
from nnlabs.labs.regularization.figures.calibration import reliability_diagram
from nnlabs.labs.regularization.figures.curves import gap_by_size, learning_curves
from nnlabs.labs.regularization.figures.gaps import fold_scores, generalization_gap
from nnlabs.labs.regularization.figures.mistakes import confident_mistakes, confusion_matrix
from nnlabs.labs.regularization.figures.scatter import Search, Topology, search_scores
from nnlabs.labs.regularization.figures.scatter import topologies as draw_topology_points
from nnlabs.labs.regularization.figures.strengths import Sweep, strength_sweeps
from nnlabs.labs.regularization.figures.weights import first_layer_images, weight_histograms
from nnlabs.labs.regularization.findings import (
    on_gap,
    on_selection,
    on_sizes,
    on_strengths,
    on_structure,
    on_test,
    on_validation,
)
from nnlabs.labs.regularization.plan import kinds_of_runs
from nnlabs.labs.regularization.predictions import calibration, learning_curve, mistakes
from nnlabs.labs.regularization.settings import (
    PLAIN,
    SEARCHED,
    TOGETHER,
    RegularizationConfig,
    SelectionConfig,
    SizeConfig,
    StrengthConfig,
    TopologyConfig,
)
from nnlabs.runs.run import Run
from nnlabs.stats.intervals import Interval, mean_interval
from nnlabs.sweeps.results import Array, Seeds, all_runs, final, gap, has_network, tested
from nnlabs.sweeps.search import folds, grid, random_search

LAB = "regularization"
REAL, STAND_IN = "fashion_mnist", "digits"
NEXT = (
    ("A technique of your own: a line under techniques in configs/regularization.yaml.", "nnlabs run regularization"),
    ("A smaller network: how much is left to be regularized?", "nnlabs run regularization --model.widths '[64]'"),
    ("Does another optimizer find other minima?", "nnlabs run regularization --train.optimizer sgd --train.lr 0.1"),
)

Changes = Mapping[str, Any]
Groups = dict[str, list[Run]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab.

    Args:
        argv: command line; default: the program's own.

    Returns:
        The exit code.
    """
    return run_as_script(lambda: run_lab(load_lab(RegularizationConfig, LAB, argv)))


def run_lab(config: RegularizationConfig) -> None:
    """The story, act by act.

    Args:
        config: the lab's settings.
    """
    if config.summary:
        print(describe_network(config, REAL, STAND_IN))
        return
    study = open_study(LAB, config, REAL, STAND_IN)
    study.check(kinds_of_runs(study, config))
    with study.figure_worker:
        techniques = act_1_techniques(study, config)
        strengths = act_2_strengths(study, config.strengths)
        sizes = act_3_sizes(study, config.sizes, config.together)
        topologies = act_4_topologies(study, config.topologies)
        selection = act_5_selection(study, config.selection)
        test = act_6_test(study, techniques, topologies)
    # What the first and the fourth act say needs the test split, which was read last.
    sentences = [on_gap(techniques), on_validation(techniques)]
    acts = {
        "techniques": networks_act(
            study, "Each technique alone, and those that help one another", sentences, techniques
        ),
        "strengths": strengths,
        "sizes": sizes,
        "topologies": networks_act(study, "The right structure", [on_structure(topologies)], topologies),
        "selection": selection,
        "test": test,
    }
    close_study(study, __doc__, acts, NEXT)


def act_1_techniques(study: Study, config: RegularizationConfig) -> Groups:
    """Train the network plainly, with each technique alone, and with those together that help one another."""
    groups = {name: study.variation(changes) for name, changes in config.techniques.items()}
    groups[TOGETHER] = study.variation(config.together)
    study.complete("techniques", all_runs(groups))
    if not any(map(has_network, groups[PLAIN])):
        raise RunError(f"the plain network diverged with every seed; lower train.lr, which is {config.train.lr:g}")
    for quantity in ("accuracy", "loss"):
        panels = {name: learning_curve(runs, quantity) for name, runs in groups.items()}
        study.draw(f"1_{quantity}_curves", learning_curves, panels, study.data_line(), quantity, PLAIN)
    draw_weights(study, groups)
    return groups


def draw_weights(study: Study, groups: Groups) -> None:
    """What the penalties leave of the weights: histograms, and the first layer as images."""
    from nnlabs.runs.learner import first_layer

    shown = {name: next(filter(has_network, groups.get(name, [])), None) for name in (PLAIN, "L2", "L1")}
    layers = {name: first_layer(run) for name, run in shown.items() if run is not None}
    study.draw("1_weight_histograms", weight_histograms, layers, study.data_line(seeds=1))
    channels, height, width = study.splits.train.shape
    if layers[PLAIN].shape[1] != channels * height * width:
        return  # the network does not begin with a linear layer over all pixels
    units = {name: weights[:24].reshape(-1, channels, height, width)[:, 0] for name, weights in layers.items()}
    study.draw("1_first_layer", first_layer_images, units, study.data_line(seeds=1))


def act_2_strengths(study: Study, config: StrengthConfig) -> Act:
    """Sweep the strength of L2, L1 and dropout on few images; find the best of each on validation."""
    settings = {
        "L2": ("train.weight_decay", config.weight_decay, "lambda of the L2 penalty", True),
        "L1": ("train.l1", config.l1, "lambda of the L1 penalty", True),
        "dropout": ("model.dropout", config.dropout, "dropout rate", False),
    }
    size = study.train_size(config.train_size)
    common = {"data.train_size": size, "train.epochs": config.epochs}
    groups = {
        (name, value): study.variation({key: value, **common})
        for name, (key, values, _, _) in settings.items()
        for value in values
    }
    study.complete("strengths", all_runs(groups))
    sweeps, best = {}, {}
    for name, (_, values, label, log) in settings.items():
        if not values:
            continue
        losses = {part: _final_by(groups, name, values, f"{part}_loss") for part in ("train", "validation")}
        bands = {part: mean_interval(loss) for part, loss in losses.items()}
        sweeps[name] = Sweep(np.array(values, dtype=float), bands["train"], bands["validation"], label, log)
        best[name] = values[int(np.argmin(np.nan_to_num(bands["validation"].mean, nan=np.inf)))]
    if sweeps:
        study.draw("2_strengths", strength_sweeps, sweeps, study.data_line(size))
    return Act("Too weak, too strong, and between", [on_strengths(best)], {"best": best}, len(all_runs(groups)))


def _final_by(groups: Mapping[Any, Seeds], name: str, values: Sequence[float], quantity: str) -> Array:
    """A result for each seed and value, shape (seeds, values)."""
    return np.stack([final(groups[name, value], quantity) for value in values], axis=1)


def act_3_sizes(study: Study, config: SizeConfig, together: Changes) -> Act:
    """Compare the plain network with the regularized one on more and more images, all trained for about equally many steps."""
    available = len(study.splits.train)
    sizes = [size for size in config.sizes if size < available] or [available]
    groups = {}
    for name, changes in ((PLAIN, {}), (TOGETHER, together)):
        for size in sizes:
            batches = math.ceil(size / study.base.train.batch_size)
            epochs = max(1, round(config.steps / batches))
            groups[name, size] = study.variation(
                {**changes, "data.train_size": study.train_size(size), "train.epochs": epochs}
            )
    study.complete("training-set sizes", all_runs(groups))
    gaps = {
        name: mean_interval(np.stack([gap(groups[name, size]) for size in sizes], axis=1)) for name in (PLAIN, TOGETHER)
    }
    line = f"{study.data_line(*sizes)} · about {config.steps:,} steps each"
    study.draw("3_training_set_size", gap_by_size, sizes, gaps, line)
    metrics = {"sizes": sizes, "gap": {name: np.ravel(band.mean).tolist() for name, band in gaps.items()}}
    return Act("More data", [on_sizes(sizes, gaps)], metrics, len(all_runs(groups)))


def act_4_topologies(study: Study, config: TopologyConfig) -> Groups:
    """Train networks of different structure and similar numbers of weights."""
    size = study.train_size(config.train_size)
    common = {"data.train_size": size, "train.epochs": config.epochs}
    groups = {name: study.variation({**common, **changes})[:1] for name, changes in config.models.items()}
    study.complete("topologies", all_runs(groups))
    return groups


def act_5_selection(study: Study, config: SelectionConfig) -> Act:
    """Choose two settings by grid and by random search, and hold the winners against the plain network by cross-validation."""
    size = study.train_size(config.train_size, config.folds)
    base = with_changes(study.base, {"data.train_size": size, "train.epochs": config.epochs}, "selection")
    trials = {"grid search": grid(config.grid)}
    trials["random search"] = random_search(config.ranges, len(trials["grid search"]), seed=base.train.seed)
    runs = {
        name: [Run(with_changes(base, setting, "selection"), study.folder.parent) for setting in settings]
        for name, settings in trials.items()
    }
    study.complete("grid and random search", all_runs(runs))
    scores = {name: final(tried, "validation_accuracy") for name, tried in runs.items()}
    winners = {name: trials[name][int(np.argmax(np.nan_to_num(score)))] for name, score in scores.items()}
    first, second = SEARCHED
    searches = {
        name: Search(*(np.array([setting[key] for setting in trials[name]]) for key in (first, second)), scores[name])
        for name in trials
    }
    line = study.data_line(size, seeds=1)
    study.draw("5_search", search_scores, searches, SEARCHED[first], SEARCHED[second], line, (True, False))
    accuracy = cross_validate(study, base, {PLAIN: {}, **winners}, config.folds)
    metrics = {**winners, "cross_validation": {name: float(band.mean) for name, band in accuracy.items()}}
    trained = len(all_runs(runs)) + len(accuracy) * config.folds
    return Act("How to choose", [on_selection(winners, accuracy)], metrics, trained)


def cross_validate(study: Study, base: RunConfig, candidates: Mapping[str, Changes], count: int) -> dict[str, Interval]:
    """Train each candidate on all but one of `count` parts, validate on that part, and take turns; give the accuracies."""
    groups = {
        name: [Run(fold, study.folder.parent) for fold in folds(base, dict(setting), count)]
        for name, setting in candidates.items()
    }
    study.complete(f"{count}-fold cross-validation", all_runs(groups))
    scores = {name: final(runs, "validation_accuracy") for name, runs in groups.items()}
    intervals = {name: mean_interval(score) for name, score in scores.items()}
    line = study.data_line(base.data.train_size, seeds=1)
    study.draw("5_cross_validation", fold_scores, scores, intervals, line)
    return intervals


def act_6_test(study: Study, techniques: Groups, topologies: Groups) -> Act:
    """Read the test split, now that nothing is left to choose; look closely at the network that validation chose."""
    from nnlabs.runs.learner import test

    said = {
        name: [(run, test(run)) for run in runs if has_network(run)]
        for name, runs in {**techniques, **topologies}.items()
    }
    draw_gaps(study, techniques)
    draw_topologies(study, topologies)
    chosen = best_on_validation(techniques)
    run, answers = said[chosen][0]
    line = f"{study.data_line(seeds=1)} · {chosen} · {len(answers.targets):,} test images"
    classes = study.splits.classes
    confusion, accuracy = run.test_result["confusion"], run.test_result["accuracy"]
    study.draw("6_confusion", confusion_matrix, np.array(confusion), classes, line)
    study.draw("6_mistakes", confident_mistakes, mistakes(answers, study.splits.test), classes, line)
    shown = {name: said[name][0] for name in (PLAIN, "label smoothing", chosen) if said.get(name)}
    panels = {name: calibration(heard, run.test_result["calibration_error"]) for name, (run, heard) in shown.items()}
    line = f"{study.data_line(seeds=1)} · {len(answers.targets):,} test images"
    study.draw("6_calibration", reliability_diagram, panels, line)
    metrics = {"chosen": chosen, "accuracy": accuracy, "confusion": confusion}
    return Act("Test, read once", [on_test(chosen, accuracy, confusion, classes)], metrics, runs=0)


def draw_gaps(study: Study, techniques: Groups) -> None:
    """The generalization gap and the test accuracy of each technique."""
    gaps = {name: mean_interval(gap(runs)) for name, runs in techniques.items()}
    accuracy = {name: mean_interval(tested(runs, "accuracy")) for name, runs in techniques.items()}
    study.draw("1_generalization_gap", generalization_gap, gaps, accuracy, study.data_line())


def draw_topologies(study: Study, groups: Groups) -> None:
    """Test accuracy of each structure against what one image costs it."""
    from nnlabs.runs.learner import count_model

    points = {
        name: Topology(*count_model(runs[0]), mean_interval(tested(runs, "accuracy"))) for name, runs in groups.items()
    }
    sizes = [runs[0].config.data.train_size for runs in groups.values()]
    study.draw("4_topologies", draw_topology_points, points, study.data_line(*sizes, seeds=1))


if __name__ == "__main__":
    sys.exit(main())
