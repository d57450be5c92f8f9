"""Lab 4, optimizers: which one learns best, with which schedule, when every one of them has been tuned with equal care?

    python labs/lab4_optimizers.py                  quick: some minutes on a laptop
    python labs/lab4_optimizers.py --preset full    for figures to be shown: two to five hours on two cores
    python labs/lab4_optimizers.py --preset fast    one network, trained as well as some minutes allow
    python labs/lab4_optimizers.py --lr_find        the learning-rate range test alone, for train.optimizer

Most comparisons of optimizers are decided by who was tuned how. So the rules come first, in `configs/optimizers.yaml`, before
anything runs: for every competitor the range of each setting, and the same number of trials of the same length. Trials are judged
on validation. The best setting of each then trains from fresh seeds, on all images and for longer; test is read once, at the end.

The story has eight acts, each one function below: runs, then figures.

    1  paths        all of them on surfaces that can be drawn: ravine, saddle, Rosenbrock's valley, Beale's, and one with many pits
    2  schedules    what a learning rate can do over time; and the range test, which finds in a minute where to search
    3  tuning       accuracy against learning rate: how wide is each one's basin, and who leads after how many trials?
    4  finals       the best setting of each, from fresh seeds: against epochs, and against seconds
    5  grid         the same settings under every schedule
    6  decoupling   Adam with L2 in the loss against AdamW: two ways to decay weights, two shapes of the valley
    7  batches      the learning rate that suits a batch size
    8  leaderboard  test accuracy with intervals; who cannot be told apart is tied

Results go to `results/optimizers/PRESET/`: each figure as PNG and SVG with the CSV it was drawn from, `leaderboard.csv` and
`leaderboard.md`, and `result.json`. Every single run keeps a folder of its own beside it; the same command again only does what is
missing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from nnlabs.errors import run_as_script
from nnlabs.labkit.comparison import chance_bound, close_study
from nnlabs.labkit.display import LabPage
from nnlabs.labkit.preview import describe_network, preview
from nnlabs.labkit.results import Act
from nnlabs.labkit.study import Study, load_training_lab, open_study
from nnlabs.labs.optimizers.figures.descent import descent_animation, descent_paths
from nnlabs.labs.optimizers.figures.grids import decoupling, score_grid
from nnlabs.labs.optimizers.figures.leaderboard import leaderboard
from nnlabs.labs.optimizers.figures.learning_rates import batch_sizes, lr_range, schedules
from nnlabs.labs.optimizers.figures.race import Racer, race
from nnlabs.labs.optimizers.figures.tuning import Basin, basins, budget
from nnlabs.labs.optimizers.findings import (
    on_decoupling,
    on_falling,
    on_finals,
    on_grid,
    on_paths,
    on_tuning,
    tuning_metrics,
)
from nnlabs.labs.optimizers.leaderboard import (
    leaderboard_findings,
    leaderboard_metrics,
    leaderboard_rows,
    leaderboard_table,
    write_leaderboard,
)
from nnlabs.labs.optimizers.lessons import JUDGES, LESSONS
from nnlabs.labs.optimizers.protocol import (
    Groups,
    Settings,
    Trials,
    batch_runs,
    choose,
    constant_finals,
    decoupling_runs,
    leaderboard_competitors,
    middle,
    prepare_trials,
    schedule_curves,
    schedule_runs,
    settings_in_words,
    small_line,
    surface_paths,
    table,
)
from nnlabs.labs.optimizers.range_tests import on_range, on_suggestions, range_tests
from nnlabs.labs.optimizers.rates import on_batches
from nnlabs.labs.optimizers.settings import OptimizersConfig
from nnlabs.runs.run import Run
from nnlabs.stats.expected_best import expected_best, leaders
from nnlabs.stats.intervals import mean_interval
from nnlabs.sweeps.results import all_runs, curves, final, has_network, seconds_by_epoch
from nnlabs.sweeps.sweep import read_test

LAB = "optimizers"
REAL, STAND_IN = "cifar10", "mnist1d"
NEXT = (
    (
        "Which learning rate would you take for nadam? The range test answers in a minute.",
        "nnlabs run optimizers --lr_find --train.optimizer nadam",
    ),
    ("Does the order stand with other seeds?", 'nnlabs run optimizers --seeds "[10, 11, 12]"'),
    ("Who gains by larger batches?", "nnlabs run optimizers --train.batch_size 128"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab with a command line (default: the program's own); returns the exit code."""
    return run_as_script(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> LabPage | None:
    """Run the lab, and give what a notebook shows of it; the command line is that of `main`."""
    return run_lab(load_training_lab(OptimizersConfig, LAB, argv, REAL, STAND_IN))


def run_lab(config: OptimizersConfig) -> LabPage | None:
    """The story, act by act.

    Args:
        config: the lab's settings.
    """
    if config.summary:
        print(describe_network(config))
        return None
    if config.estimate:
        print(preview(LAB, config, lambda study: plan(study, config, prepare_trials(study, config))))
        return None
    if config.lr_find:
        print(find_lr(config))
        return None
    study = open_study(LAB, config, REAL)
    trials = prepare_trials(study, config)
    study.announce(plan(study, config, trials))
    with study.figure_worker:
        acts = {"paths": act_1_paths(study, config), "schedules": act_2_schedules(study, config)}
        acts["tuning"] = act_3_tuning(study, config, trials, acts["schedules"].metrics.get("suggested_lr", {}))
        best = choose(config, trials)
        finals = {name: study.variation(setting) for name, setting in best.items()}
        acts["finals"] = act_4_finals(study, finals)
        acts["grid"] = act_5_grid(study, config, trials, best, finals)
        acts["decoupling"] = act_6_decoupling(study, config)
        acts["batches"] = act_7_batches(study, config)
        acts["leaderboard"] = act_8_leaderboard(study, config, trials, finals)
    return close_study(study, __doc__, acts, NEXT, LESSONS)


def plan(study: Study, config: OptimizersConfig, trials: Mapping[str, Trials]) -> list[Run]:
    """All runs there will be, to tell how long they take; where a best setting is still to be found, any will do for that."""
    tuned = all(run.done for tried in trials.values() for run in tried.runs)
    middles = {name: {**changes, **middle(config, name)} for name, changes in config.competitors.items()}
    settings = choose(config, trials) if tuned else middles
    groups = [study.variation(setting) for setting in settings.values()] + [
        list(tried.runs) for tried in trials.values()
    ]
    groups += constant_finals(study, config, settings).values()
    others = schedule_runs(study, config, settings), decoupling_runs(study, config), batch_runs(study, config)
    return [*chain.from_iterable(groups), *chain.from_iterable(runs.values() for runs in others)]


def find_lr(config: OptimizersConfig) -> str:
    """The range test alone, for the one optimizer that `train.optimizer` names, in a folder of its own."""
    study = open_study(LAB, config, REAL, "lr_find", judged=False)
    tests = range_tests(study, config.range_test, {config.train.optimizer: {}})
    with study.figure_worker:
        study.draw("lr_range", lr_range, tests, study.data_line(seeds=1), study.loss)
    return f"{on_range(tests)}\nFigure and numbers: {study.folder / 'lr_range.png'}"


def act_1_paths(study: Study, config: OptimizersConfig) -> Act:
    """Send every optimizer down surfaces that can be drawn, each with the best of the same learning rates."""
    if not config.paths.steps:
        return Act("Paths on surfaces", [], {}, 0)
    surfaces = surface_paths(config)
    line = f"{config.paths.steps} steps, each with the best of {len(config.paths.lrs)} learning rates"
    study.draw("1_paths", descent_paths, surfaces, line)
    study.animate("1_paths", descent_animation, surfaces, line)
    sentences, metrics = on_paths(surfaces, max(config.paths.lrs))
    return Act("Paths on surfaces", sentences, metrics, 0)


def act_2_schedules(study: Study, config: OptimizersConfig) -> Act:
    """Show what each schedule does to the learning rate, and find a learning rate by letting it rise until the loss does."""
    if not config.range_test.steps:
        return Act("Learning rates over time", [], {}, 0)
    rates, line = schedule_curves(study, config)
    study.draw("2_schedules", schedules, rates, line)
    tests = range_tests(study, config.range_test, config.competitors)
    study.draw("2_lr_range", lr_range, tests, study.data_line(seeds=1), study.loss)
    metrics = {"suggested_lr": {name: test.suggestion for name, test in tests.items()}}
    return Act("Learning rates over time", [on_range(tests)], metrics, len(tests))


def act_3_tuning(
    study: Study, config: OptimizersConfig, trials: Mapping[str, Trials], suggested: Mapping[str, float]
) -> Act:
    """Try every competitor's settings; look at how accuracy depends on the learning rate, and on how many were tried."""
    if not trials:
        return Act("Tuning, with the same budget for all", [], {}, 0)
    study.complete("tuning", [run for tried in trials.values() for run in tried.runs])
    line = small_line(study, config)
    bound = chance_bound(study)
    by_rate = {name: Basin(tried.lrs, tried.scores) for name, tried in trials.items() if tried.lrs.size}
    if by_rate:
        study.draw("3_basins", basins, by_rate, line, bound)
    expected = {name: expected_best(tried.scores) for name, tried in trials.items()}
    learners = {name: bests for name, bests in expected.items() if bests[-1] > bound}
    study.draw("3_budget", budget, expected, leaders(learners or expected), line, bound)
    runs = sum(len(tried.runs) for tried in trials.values())
    judges = len(study.splits.validation)
    metrics = {**tuning_metrics(trials, bound, judges), JUDGES: judges}
    findings = on_tuning(trials, expected, bound) + on_suggestions(suggested, trials, bound)
    return Act("Tuning, with the same budget for all", findings, metrics, runs)


def act_4_finals(study: Study, finals: Groups) -> Act:
    """Train the best setting of each from fresh seeds, on all images and for longer."""
    study.complete("finals", all_runs(finals))
    racers = {
        name: Racer(
            seconds_by_epoch(runs),
            mean_interval(curves(runs, "train_loss")),
            mean_interval(curves(runs, "validation_accuracy")),
            float(mean_interval(final(runs, "validation_accuracy")).mean),
            float(np.mean([not has_network(run) for run in runs])),
        )
        for name, runs in finals.items()
    }
    bound = chance_bound(study)
    study.draw("4_race", race, racers, study.data_line(), bound, study.loss)
    sentences, metrics = on_finals(finals, bound)
    return Act("The best setting of each, from fresh seeds", sentences, metrics, len(all_runs(finals)))


def act_5_grid(
    study: Study, config: OptimizersConfig, trials: Mapping[str, Trials], best: Settings, finals: Groups
) -> Act:
    """Give some competitors, with their best settings, every schedule; and their finals a rate that stays."""
    runs = schedule_runs(study, config, best)
    if not runs:
        return Act("Optimizer times schedule", [], {}, 0)
    constant = constant_finals(study, config, best)
    study.complete("schedules", [*runs.values(), *all_runs(constant)])
    rows, columns = config.schedules.competitors, tuple(config.schedules.schedules)
    scores, settings = table(runs, rows, columns), settings_in_words(study, config)
    study.draw("5_schedules", score_grid, scores, rows, columns, f"{small_line(study, config)} · {settings}")
    sentences, metrics = on_grid(scores, rows, columns, settings, chance_bound(study))
    if constant:
        said, gained = on_falling(constant, finals, settings)
        sentences, metrics = sentences + said, metrics | gained
    tried = {run.folder for each in trials.values() for run in each.runs}  # with one of the schedules
    trained = sum(run.folder not in tried for run in runs.values())
    return Act("Optimizer times schedule", sentences, metrics, trained + len(all_runs(constant)))


def act_6_decoupling(study: Study, config: OptimizersConfig) -> Act:
    """Adam over learning rate and weight decay, once with L2 in the loss and once decoupled."""
    runs = decoupling_runs(study, config)
    if not runs:
        return Act("Adam with L2 against AdamW", [], {}, 0)
    study.complete("decoupling", runs.values())
    lrs, decays = config.decoupling.lrs, config.decoupling.weight_decays
    maps = {name: table(runs, decays, lrs, kind) for name, kind in (("Adam with L2", False), ("AdamW", True))}
    study.draw("6_decoupling", decoupling, maps, lrs, decays, small_line(study, config))
    sentences, metrics = on_decoupling(maps, lrs, decays, chance_bound(study), len(study.splits.validation))
    return Act("Adam with L2 against AdamW", sentences, metrics, len(runs))


def act_7_batches(study: Study, config: OptimizersConfig) -> Act:
    """Find the best learning rate for each batch size."""
    runs = batch_runs(study, config)
    if not runs:
        return Act("Batch size and learning rate", [], {}, 0)
    study.complete("batch sizes", runs.values())
    sizes, lrs = config.batches.sizes, config.batches.lrs
    scores = dict(zip(sizes, table(runs, sizes, lrs), strict=True))
    bands = {size: mean_interval(row[None]) for size, row in scores.items()}
    line = f"{small_line(study, config)} · {config.batches.competitor}"
    study.draw("7_batch_sizes", batch_sizes, np.array(lrs), bands, line, chance_bound(study))
    sentences, metrics = on_batches(scores, lrs, chance_bound(study), len(study.splits.validation))
    return Act("Batch size and learning rate", sentences, metrics, len(runs))


def act_8_leaderboard(study: Study, config: OptimizersConfig, trials: Mapping[str, Trials], finals: Groups) -> Act:
    """Read the test split, now that nothing is left to choose, and put the competitors in order."""
    read_test(all_runs(finals), config.sweep)
    bound = chance_bound(study)
    rows = leaderboard_rows(leaderboard_competitors(config, trials, finals), bound)
    study.draw("8_leaderboard", leaderboard, rows, study.data_line(), bound)
    write_leaderboard(study.folder, "leaderboard", rows)
    sentences = leaderboard_findings(rows, bound)
    return Act(
        "Leaderboard",
        sentences,
        leaderboard_metrics(rows),
        0,
        [leaderboard_table(rows, f"{study.data_line()} · {study.judges}")],
    )


if __name__ == "__main__":
    sys.exit(main())
