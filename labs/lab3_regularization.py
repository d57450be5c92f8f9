"""Lab 3, regularization: a network with more weights than examples learns them by heart. What stops it?

    python labs/lab3_regularization.py                  quick: some minutes on a laptop
    python labs/lab3_regularization.py --preset full    the README's figures: two hours on two cores
    python labs/lab3_regularization.py --help           every number can be changed

The network is a multi-layer perceptron (MLP), in `full` of 670,000 weights; the images are Fashion-MNIST's photographs of clothes,
or, without them, MNIST-1D's signals. Trained plainly it gets nearly all training examples right and goes no further on those it has
not seen: it overfits. Most techniques of this lab make memorizing harder, each in its own way, and the generalization gap, training
minus validation accuracy, shows which of them do, and by how much. L2 and L1 act beside Adam's gradient, not through it: L2 is
AdamW's decay (lab 4, act 6).

The story has six acts, each one function below: runs, then figures.

    1  techniques   L2, L1, dropout, batch norm, early stopping, augmentation, label smoothing; and two of them together
    2  strengths    too little regularization overfits, too much underfits: the U between them
    3  sizes        more data is the oldest regularizer
    4  topologies   convolutions, recurrence and attention with about as many weights: the right structure gets further
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

from nnlabs.config.schema import RunConfig
from nnlabs.errors import RunError, run_as_script
from nnlabs.labkit.comparison import (
    best_on_validation,
    chance_bound,
    close_study,
    network_rows,
    networks_act,
    networks_table,
)
from nnlabs.labkit.display import LabPage
from nnlabs.labkit.preview import describe_network, preview
from nnlabs.labkit.results import Act
from nnlabs.labkit.study import Study, load_training_lab, open_study
from nnlabs.labs.regularization.drawing import draw_gaps, draw_topologies, draw_weights, name_parts, noise_line
from nnlabs.labs.regularization.figures.calibration import reliability_diagram
from nnlabs.labs.regularization.figures.curves import gap_by_size, learning_curves
from nnlabs.labs.regularization.figures.gaps import fold_scores
from nnlabs.labs.regularization.figures.mistakes import confident_mistakes, confusion_matrix
from nnlabs.labs.regularization.figures.scatter import Search, search_scores
from nnlabs.labs.regularization.figures.strengths import Sweep, strength_sweeps
from nnlabs.labs.regularization.findings import (
    on_gap,
    on_sizes,
    on_strengths,
    on_structure,
    on_test,
    on_together,
    on_validation,
    on_wrong_labels,
)
from nnlabs.labs.regularization.lessons import LESSONS
from nnlabs.labs.regularization.predictions import calibration, learning_curve, mistakes
from nnlabs.labs.regularization.runs import (
    STRENGTHS,
    Changes,
    Groups,
    by_value,
    choose_settings,
    describe_steps,
    fold_runs,
    noisy_runs,
    planned_runs,
    search_runs,
    search_settings,
    selection_base,
    size_runs,
    strength_runs,
    technique_runs,
    topology_runs,
    training_sizes,
)
from nnlabs.labs.regularization.selection import fold_bound, on_folds, on_selection
from nnlabs.labs.regularization.settings import (
    PLAIN,
    SEARCHED,
    TOGETHER,
    RegularizationConfig,
    SelectionConfig,
    StrengthConfig,
    TopologyConfig,
)
from nnlabs.stats.intervals import mean_interval
from nnlabs.sweeps.results import all_runs, final, gap, has_network, why_lost
from nnlabs.sweeps.sweep import read_test

LAB = "regularization"
REAL, STAND_IN = "fashion_mnist", "mnist1d"
NEXT = (
    (
        "A technique of your own, beside plain: what does it take from the network?",
        'nnlabs run regularization --techniques "{plain: {}, mine: {model.dropout: 0.6}}"',
    ),
    ("A smaller network: how much is left to be regularized?", 'nnlabs run regularization --model.widths "[64]"'),
    ("Does another optimizer learn other things by heart?", "nnlabs run regularization --train.optimizer nadam"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab with a command line (default: the program's own); returns the exit code."""
    return run_as_script(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> LabPage | None:
    """Run the lab, and give what a notebook shows of it; the command line is that of `main`."""
    return run_lab(load_training_lab(RegularizationConfig, LAB, argv, REAL, STAND_IN))


def run_lab(config: RegularizationConfig) -> LabPage | None:
    """The story, act by act.

    Args:
        config: the lab's settings.
    """
    if config.summary:
        print(describe_network(config))
        return None
    if config.estimate:
        print(preview(LAB, config, lambda study: planned_runs(study, config)))
        return None
    study = open_study(LAB, config, REAL)
    study.announce(planned_runs(study, config))
    with study.figure_worker:
        clean, noisy = act_1_techniques(study, config)
        strengths = act_2_strengths(study, config.strengths)
        sizes = act_3_sizes(study, config)
        topologies = act_4_topologies(study, config.topologies)
        selection = act_5_selection(study, config.selection)
        test = act_6_test(study, config, clean, noisy, topologies)
    # What the first and the fourth act say needs the test split, which was read last.
    bound = chance_bound(study)
    acts = {
        "techniques": describe_techniques(study, config, clean, noisy),
        "strengths": strengths,
        "sizes": sizes,
        "topologies": networks_act(study, "The right structure", [on_structure(topologies, bound)], topologies),
        "selection": selection,
        "test": test,
    }
    return close_study(study, __doc__, acts, NEXT, LESSONS)


def act_1_techniques(study: Study, config: RegularizationConfig) -> tuple[Groups, Groups]:
    """Train the network plainly, with each technique, and with some together: on labels as they are, and on some wrong ones."""
    clean, noisy = technique_runs(study, config), noisy_runs(study, config)
    study.complete("techniques", all_runs(clean))
    if not any(map(has_network, clean[PLAIN])):
        why = why_lost(clean[PLAIN])
        advice = f"; lower train.lr, which is {config.train.lr:g}" if why == "diverged" else ""
        raise RunError(f"the plain network {why}, with every seed{advice}")
    for quantity in ("accuracy", "loss"):
        panels = {name: learning_curve(runs, quantity) for name, runs in clean.items()}
        line = study.data_line() + name_parts(config)
        study.draw(f"1_{quantity}_curves", learning_curves, panels, line, quantity, PLAIN, study.loss)
    draw_weights(study, clean)
    if noisy:
        study.complete("techniques, with wrong labels", all_runs(noisy))
        panels = {name: learning_curve(runs, "accuracy") for name, runs in noisy.items()}
        line = noise_line(study, config) + name_parts(config)
        study.draw("1_wrong_labels_curves", learning_curves, panels, line, "accuracy", PLAIN)
    return clean, noisy


def describe_techniques(study: Study, config: RegularizationConfig, clean: Groups, noisy: Groups) -> Act:
    """Two tables that belong together: what the techniques do where the labels are right, and where some are wrong."""
    noise, bound = study.splits.label_noise, chance_bound(study)
    rows: dict[str, Any] = {"clean": network_rows(clean)} | ({"label_noise": noise} if noise else {})
    tables = [networks_table(study, rows["clean"], study.data_line())]
    together = on_together(config.parts, config.together, config.without_effect)
    findings = [together, on_gap(clean, noise, bound), on_validation(clean, bound)]
    if noisy:
        rows["wrong labels"] = network_rows(noisy)
        tables.append(networks_table(study, rows["wrong labels"], noise_line(study, config)))
        findings.append(on_wrong_labels(noisy, config.noise.label_noise, bound))
    title = "Each technique alone, and some together"
    return Act(title, findings, rows, len(all_runs(clean)) + len(all_runs(noisy)), tables)


def act_2_strengths(study: Study, config: StrengthConfig) -> Act:
    """Sweep the strength of L2, L1 and dropout on few examples; find the best of each on validation."""
    groups = strength_runs(study, config)
    study.complete("strengths", all_runs(groups))
    sweeps, best, metrics = {}, {}, {}
    for name, (_, setting, label, log) in STRENGTHS.items():
        values = getattr(config, setting)
        if not values:
            continue
        losses = {part: by_value(groups, name, values, f"{part}_loss") for part in ("train", "validation")}
        bands = {part: mean_interval(loss) for part, loss in losses.items()}
        means = losses["validation"].mean(axis=0)  # nan where a seed diverged: survivors alone do not win
        best[name] = values[int(np.nanargmin(means))] if np.isfinite(means).any() else math.nan
        strengths = np.array(values, dtype=float)
        sweeps[name] = Sweep(strengths, bands["train"], bands["validation"], best[name], label, log)
        metrics[name] = {"validation_loss": [mean_interval(column) for column in losses["validation"].T]}
    if sweeps:
        study.draw(
            "2_strengths", strength_sweeps, sweeps, study.data_line(study.train_size(config.train_size)), study.loss
        )
    numbers = {"best": best, **metrics}
    return Act("Too weak, too strong, and between", [on_strengths(best)], numbers, len(all_runs(groups)))


def act_3_sizes(study: Study, config: RegularizationConfig) -> Act:
    """Compare the plain network with the regularized one on more and more examples, for about as many steps where that can be."""
    groups, sizes = size_runs(study, config), training_sizes(study, config.sizes)
    study.complete("training-set sizes", all_runs(groups))
    gaps = {
        name: mean_interval(np.stack([gap(groups[name, size]) for size in sizes], axis=1)) for name in (PLAIN, TOGETHER)
    }
    steps = describe_steps(sizes, study.base.train.batch_size, config.sizes.steps)
    line = f"{study.data_line(*sizes)} · {steps}{name_parts(config)}"
    study.draw("3_training_set_size", gap_by_size, sizes, gaps, line)
    metrics = {
        "sizes": sizes,
        "gap": {name: [mean_interval(gap(groups[name, size])) for size in sizes] for name in gaps},
    }
    return Act("More data", [on_sizes(sizes, gaps, steps)], metrics, len(all_runs(groups)))


def act_4_topologies(study: Study, config: TopologyConfig) -> Groups:
    """Train networks of different structure and similar numbers of weights."""
    groups = topology_runs(study, config)
    study.complete("topologies", all_runs(groups))
    return groups


def act_5_selection(study: Study, config: SelectionConfig) -> Act:
    """Choose two settings by grid and by random search, and hold the winners against the plain network by cross-validation."""
    base = selection_base(study, config)
    trials = search_settings(base, config)
    runs = search_runs(study, base, trials)
    study.complete("grid and random search", all_runs(runs))
    scores = {name: final(tried, "validation_accuracy") for name, tried in runs.items()}
    winners = choose_settings(trials, runs)
    first, second = SEARCHED
    points = {name: np.reshape([(one[first], one[second]) for one in tried], (-1, 2)) for name, tried in trials.items()}
    searches = {name: Search(x, y, scores[name]) for name, (x, y) in ((name, xy.T) for name, xy in points.items())}
    line = study.data_line(base.data.train_size, seeds=1)
    study.draw("5_search", search_scores, searches, SEARCHED[first], SEARCHED[second], line)
    groups = cross_validate(study, base, {PLAIN: {}, **winners}, config.folds)
    accuracy = {name: final(folds, "validation_accuracy") for name, folds in groups.items()}
    means = {name: float(mean_interval(folds).mean) for name, folds in accuracy.items()}
    trained = len(all_runs(runs)) + len(accuracy) * config.folds
    sentences = [on_selection(winners, trials), on_folds(accuracy, fold_bound(all_runs(groups)))]
    return Act("How to choose", sentences, {**winners, "cross_validation": means}, trained)


def cross_validate(study: Study, base: RunConfig, candidates: Mapping[str, Changes], count: int) -> Groups:
    """Train each candidate on all but one of `count` parts, validate on that part, and take turns."""
    groups = fold_runs(study, base, candidates, count)
    study.complete(f"{count}-fold cross-validation", all_runs(groups))
    scores = {name: final(runs, "validation_accuracy") for name, runs in groups.items()}
    intervals = {name: mean_interval(score) for name, score in scores.items()}
    line = study.data_line(base.data.train_size, seeds=1)
    study.draw("5_cross_validation", fold_scores, scores, intervals, line)
    return groups


def act_6_test(study: Study, config: RegularizationConfig, clean: Groups, noisy: Groups, topologies: Groups) -> Act:
    """Read the test split, now that nothing is left to choose; look closely at the network that validation chose."""
    from nnlabs.runs.inspect import evaluate_on_test

    read_test([*all_runs(clean), *all_runs(noisy), *all_runs(topologies)], config.sweep)
    parts = name_parts(config)
    draw_gaps(study, "1_generalization_gap", clean, study.data_line() + parts, study.splits.label_noise)
    if noisy:
        draw_gaps(study, "1_wrong_labels_gap", noisy, noise_line(study, config) + parts, config.noise.label_noise)
    draw_topologies(study, topologies)
    chosen = best_on_validation(clean)
    runs = {name: list(filter(has_network, clean.get(name, []))) for name in (PLAIN, "label smoothing", chosen)}
    answers = {name: evaluate_on_test(networks[0]) for name, networks in runs.items() if networks}
    tests = {name: runs[name][0].test_result for name in answers}
    data, judged = study.data_line(seeds=1), f"{len(study.splits.test):,} test {study.splits.unit}"
    classes, confusion, accuracy = study.splits.classes, tests[chosen]["confusion"], tests[chosen]["accuracy"]
    line = f"{data} · {chosen} · {judged}"
    study.draw("6_confusion", confusion_matrix, np.array(confusion), classes, line)
    study.draw("6_mistakes", confident_mistakes, mistakes(answers[chosen], study.splits.test), classes, line)
    panels = {name: calibration(answers[name], test["calibration_error"]) for name, test in tests.items()}
    study.draw("6_calibration", reliability_diagram, panels, f"{data} · {judged}")
    metrics = {"chosen": chosen, "accuracy": accuracy, "confusion": confusion}
    return Act("Test, read once", [on_test(chosen, accuracy, confusion, classes)], metrics, runs=0)


if __name__ == "__main__":
    sys.exit(main())
