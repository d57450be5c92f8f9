"""Lab 4, optimizers: which one learns best, with which schedule, when every one of them has been tuned with equal care?

    python labs/lab4_optimizers.py                  quick: six minutes on a laptop
    python labs/lab4_optimizers.py --preset full    for figures to be shown: two hours on two cores
    python labs/lab4_optimizers.py --preset fast    one network, trained as well as some minutes allow
    python labs/lab4_optimizers.py --lr_find        the learning-rate range test alone, for train.optimizer

Most comparisons of optimizers are decided by who was tuned how. So the rules come first, in `configs/optimizers.yaml`, before
anything runs: for every competitor the range of each setting, and the same number of trials of the same length. Trials are judged
on validation. The best setting of each then trains from fresh seeds, on all images and for longer; test is read once, at the end.

The story has eight acts, each one function below: runs, then figures.

    1  paths       all of them on surfaces that can be drawn: ravine, saddle, Rosenbrock's valley, Beale's, and one with many pits
    2  schedules   what a learning rate can do over time; and the range test, which finds one in a minute
    3  tuning      accuracy against learning rate: how wide is each one's basin, and who leads after how many trials?
    4  finals      the best setting of each, from fresh seeds: against epochs, and against seconds
    5  grid        the same settings under every schedule
    6  decoupling  Adam with L2 in the loss against AdamW: two ways to decay weights, two shapes of the valley
    7  batches     the learning rate that suits a batch size
    8  league      test accuracy with intervals; who cannot be told apart is tied

Results go to `results/optimizers/PRESET/`: each figure as PNG and SVG with the CSV it was drawn from, `league.csv`, `league.md`
and `result.json`. Every single run keeps a folder of its own beside it; the same command again only does what is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from nnlabs.config.load import load_lab
from nnlabs.errors import run_as_script
from nnlabs.experiments import showdown_account as account
from nnlabs.experiments.account import give_account
from nnlabs.experiments.aggregate import all_runs, curves, has_network
from nnlabs.experiments.bench import Bench, describe_network, open_bench
from nnlabs.experiments.budget import expected_best, leaders
from nnlabs.experiments.lab import Act
from nnlabs.experiments.league import league_metrics, league_rows, league_says, league_table, write_league
from nnlabs.experiments.lr_range import range_tests
from nnlabs.experiments.run import Run
from nnlabs.experiments.showdown import (
    Groups,
    Settings,
    Trials,
    batch_runs,
    choose,
    decoupling_runs,
    league_competitors,
    middle,
    prepare_trials,
    schedule_curves,
    schedule_runs,
    seconds_by_epoch,
    small_line,
    surface_paths,
    table,
)
from nnlabs.experiments.showdown_settings import ShowdownConfig
from nnlabs.experiments.statistics import mean_interval
from nnlabs.plotting.descent import descent_animation, descent_paths
from nnlabs.plotting.grids import decoupling, score_grid
from nnlabs.plotting.league import league
from nnlabs.plotting.learning_rates import batch_sizes, lr_range, schedules
from nnlabs.plotting.race import Racer, race
from nnlabs.plotting.tuning import basins, budget

LAB = "optimizers"
REAL, STAND_IN = "cifar10", "photo_digits"
NEXT = (
    ("Which learning rate would you take? The range test answers in a minute.", "nnlabs run optimizers --lr_find"),
    ("Does the order stand with other seeds?", "nnlabs run optimizers --seeds '[10, 11, 12]'"),
    (
        "An optimizer of your own choice: a line under `competitors` and its space in configs/optimizers.yaml.",
        f"nnlabs run {LAB}",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the lab.

    Args:
        argv: command line; default: the program's own.

    Returns:
        The exit code.
    """
    return run_as_script(lambda: tell(load_lab(ShowdownConfig, LAB, argv)))


def tell(config: ShowdownConfig) -> None:
    """The story, act by act.

    Args:
        config: the lab's settings.
    """
    if config.summary:
        print(describe_network(config, REAL, STAND_IN))
        return
    if config.lr_find:
        print(find_lr(config))
        return
    bench = open_bench(LAB, config, REAL, STAND_IN)
    trials = prepare_trials(bench, config)
    bench.announce(plan(bench, config, trials))
    with bench.painter:
        acts = {"paths": act_1_paths(bench, config), "schedules": act_2_schedules(bench, config)}
        acts["tuning"] = act_3_tuning(bench, config, trials)
        best = choose(config, trials)
        finals = {name: bench.variation(setting) for name, setting in best.items()}
        acts["finals"] = act_4_finals(bench, finals)
        acts["grid"] = act_5_grid(bench, config, best)
        acts["decoupling"] = act_6_decoupling(bench, config)
        acts["batches"] = act_7_batches(bench, config)
        acts["league"] = act_8_league(bench, config, trials, finals)
    give_account(bench, __doc__, acts, NEXT)


def plan(bench: Bench, config: ShowdownConfig, trials: Mapping[str, Trials]) -> list[Run]:
    """All runs there will be, to tell how long they take; where a best setting is still to be found, any will do for that."""
    tuned = all(run.done for its in trials.values() for run in its.runs)
    middles = {name: {**changes, **middle(config, name)} for name, changes in config.competitors.items()}
    settings = choose(config, trials) if tuned else middles
    groups = [bench.variation(setting) for setting in settings.values()] + [list(its.runs) for its in trials.values()]
    others = schedule_runs(bench, config, settings), decoupling_runs(bench, config), batch_runs(bench, config)
    return [*chain.from_iterable(groups), *chain.from_iterable(runs.values() for runs in others)]


def find_lr(config: ShowdownConfig) -> str:
    """The range test alone, for the one optimizer that `train.optimizer` names, in a folder of its own."""
    bench = open_bench(LAB, replace(config, preset="lr_find"), REAL, STAND_IN)
    tests = range_tests(bench, config.range_test, {config.train.optimizer: {}})
    with bench.painter:
        bench.draw("lr_range", lr_range, tests, bench.data_line(seeds=1))
    return f"{account.on_range(tests)}\nFigure and numbers: {bench.folder / 'lr_range.png'}"


def act_1_paths(bench: Bench, config: ShowdownConfig) -> Act:
    """Send every optimizer down surfaces that can be drawn, each with the best of the same learning rates."""
    if not config.paths.steps:
        return Act("Paths on surfaces", [], {}, 0)
    surfaces = surface_paths(config)
    line = f"{config.paths.steps} steps, each with the best of {len(config.paths.lrs)} learning rates"
    bench.draw("1_paths", descent_paths, surfaces, line)
    descent_animation(bench.folder / "1_paths.gif", surfaces, line)
    says, metrics = account.on_paths(surfaces)
    return Act("Paths on surfaces", says, metrics, 0)


def act_2_schedules(bench: Bench, config: ShowdownConfig) -> Act:
    """Show what each schedule does to the learning rate, and find a learning rate by letting it rise until the loss does."""
    if not config.range_test.steps:
        return Act("Learning rates over time", [], {}, 0)
    rates, line = schedule_curves(bench, config)
    bench.draw("2_schedules", schedules, rates, line)
    tests = range_tests(bench, config.range_test, config.competitors)
    bench.draw("2_lr_range", lr_range, tests, bench.data_line(seeds=1))
    metrics = {"suggested_lr": {name: test.suggestion for name, test in tests.items()}}
    return Act("Learning rates over time", [account.on_range(tests)], metrics, len(tests))


def act_3_tuning(bench: Bench, config: ShowdownConfig, trials: Mapping[str, Trials]) -> Act:
    """Try every competitor's settings; look at how accuracy depends on the learning rate, and on how many were tried."""
    if not trials:
        return Act("Tuning, with the same budget for all", [], {}, 0)
    bench.complete("tuning", [run for its in trials.values() for run in its.runs])
    line = small_line(bench, config)
    bench.draw("3_basins", basins, {name: account.basin(its) for name, its in trials.items()}, line)
    expected = {name: expected_best(its.scores) for name, its in trials.items()}
    bench.draw("3_budget", budget, expected, leaders(expected), line)
    runs = sum(len(its.runs) for its in trials.values())
    metrics = account.tuning_metrics(trials)
    return Act("Tuning, with the same budget for all", account.on_tuning(trials, expected), metrics, runs)


def act_4_finals(bench: Bench, finals: Groups) -> Act:
    """Train the best setting of each from fresh seeds, on all images and for longer."""
    bench.complete("finals", all_runs(finals))
    racers = {
        name: Racer(
            seconds_by_epoch(runs),
            mean_interval(curves(runs, "train_loss")),
            mean_interval(curves(runs, "validation_accuracy")),
        )
        for name, runs in finals.items()
    }
    bench.draw("4_race", race, racers, bench.data_line())
    says, metrics = account.on_finals(finals)
    return Act("The best setting of each, from fresh seeds", says, metrics, len(all_runs(finals)))


def act_5_grid(bench: Bench, config: ShowdownConfig, best: Settings) -> Act:
    """Give some competitors, with their best settings, every schedule."""
    runs = schedule_runs(bench, config, best)
    if not runs:
        return Act("Optimizer times schedule", [], {}, 0)
    bench.complete("schedules", runs.values())
    rows, columns = config.schedules.competitors, tuple(config.schedules.schedules)
    scores = table(runs, rows, columns)
    bench.draw("5_schedules", score_grid, scores, rows, columns, small_line(bench, config))
    says, metrics = account.on_grid(scores, rows, columns)
    return Act("Optimizer times schedule", says, metrics, len(runs))


def act_6_decoupling(bench: Bench, config: ShowdownConfig) -> Act:
    """Adam over learning rate and weight decay, once with L2 in the loss and once decoupled."""
    runs = decoupling_runs(bench, config)
    if not runs:
        return Act("Adam with L2 against AdamW", [], {}, 0)
    bench.complete("decoupling", runs.values())
    lrs, decays = config.decoupling.lrs, config.decoupling.weight_decays
    maps = {name: table(runs, decays, lrs, kind) for name, kind in (("Adam with L2", False), ("AdamW", True))}
    bench.draw("6_decoupling", decoupling, maps, lrs, decays, small_line(bench, config))
    says, metrics = account.on_decoupling(maps, lrs, decays)
    return Act("Adam with L2 against AdamW", says, metrics, len(runs))


def act_7_batches(bench: Bench, config: ShowdownConfig) -> Act:
    """Find the best learning rate for each batch size."""
    runs = batch_runs(bench, config)
    if not runs:
        return Act("Batch size and learning rate", [], {}, 0)
    bench.complete("batch sizes", runs.values())
    sizes, lrs = config.batches.sizes, config.batches.lrs
    scores = dict(zip(sizes, table(runs, sizes, lrs), strict=True))
    bands = {size: mean_interval(row[None]) for size, row in scores.items()}
    line = f"{small_line(bench, config)} · {config.batches.competitor}"
    bench.draw("7_batch_sizes", batch_sizes, np.array(lrs), bands, line)
    says, metrics = account.on_batches(scores, lrs)
    return Act("Batch size and learning rate", says, metrics, len(runs))


def act_8_league(bench: Bench, config: ShowdownConfig, trials: Mapping[str, Trials], finals: Groups) -> Act:
    """Read the test split, now that nothing is left to choose, and put the competitors in order."""
    from nnlabs.experiments.session import test

    for run in all_runs(finals):
        if has_network(run) and not run.tested:
            test(run)
    rows = league_rows(league_competitors(config, trials, finals))
    bench.draw("8_league", league, rows, bench.data_line())
    write_league(bench.folder, "league", rows)
    return Act("League", league_says(rows), league_metrics(rows), 0, [league_table(rows, bench.data_line())])


if __name__ == "__main__":
    sys.exit(main())
