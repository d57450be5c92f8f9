"""Minutes to accuracy: how good a network gets, over seeds, in so many seconds of training on this machine.

    python benchmarks/minutes_to_accuracy.py cifar10                        on validation: to choose settings by
    python benchmarks/minutes_to_accuracy.py fashion_mnist --train.epochs 8   any setting of lab 4 can be changed
    python benchmarks/minutes_to_accuracy.py cifar10 --record               on test, once, for the table in docs/results.md

The settings are those of lab 4's preset `fast`, with a smaller network for Fashion-MNIST. Each seed is one run of its own, one
after another, in this process. Seconds are those of the training, with the evaluation after each epoch and with checkpoints, but
without imports and reading data; processor-seconds are those of all threads meanwhile.

The rules of a record: the data set is the real one, nothing added; settings are chosen on validation, and the test split is read
once, after that (`--record`); five seeds at least, none left out; the mean with its 95 % confidence interval (Student's t)
counts. `--record` prints the line for the table.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.errors import ConfigError, run_as_script
from nnlabs.labkit.study import load_training_lab
from nnlabs.labs.optimizers.settings import OptimizersConfig
from nnlabs.runs.execute import execute
from nnlabs.runs.provenance import describe_environment
from nnlabs.runs.run import Run
from nnlabs.stats.intervals import mean_interval

TASKS = {
    "cifar10": {"--data.name": "cifar10"},
    # Chosen on validation for a minute on two cores without bf16. In three epochs, shifted images cost more than they help.
    "fashion_mnist": {
        "--data.name": "fashion_mnist",
        "--data.train_size": "55000",
        "--data.augment": "[flip]",
        "--model.widths": "[16, 32, 64]",
        "--model.activation": "relu",
        "--model.init": "identity",
        "--train.epochs": "3",
        "--train.warmup_epochs": "0.6",
        "--train.batch_size": "192",
        "--train.label_smoothing": "0.05",
        "--train.keep_hardest": "null",
        "--train.average_shift": "false",
    },
}
LEAST_SEEDS = 5


@dataclass(frozen=True)
class Outcome:
    """What one seed gave.

    Args:
        accuracy: on validation, or on test.
        seconds: of training.
        processor_s: of all threads meanwhile.
        environment: the run's `environment.json`.
    """

    accuracy: float
    seconds: float
    processor_s: float
    environment: dict[str, object]


def settings(task: str, words: Sequence[str]) -> RunConfig:
    """The run of a task, seed aside.

    Args:
        task: a name in `TASKS`.
        words: settings of lab 4, `--name value` each.

    Raises:
        ConfigError: for settings that do not exist.
    """
    given = TASKS[task] | dict(zip(words[::2], words[1::2], strict=True))
    argv = ["--preset", "fast", *(word for pair in given.items() for word in pair)]
    lab = load_training_lab(OptimizersConfig, "optimizers", argv, "cifar10", "mnist1d")
    (changes,) = lab.competitors.values()
    # What was asked for holds, where the one competitor has a setting of its own, too.
    changes = {name: value for name, value in changes.items() if f"--{name}" not in given}
    return with_changes(lab.base, changes, "competitors")


def train(config: RunConfig, seed: int, on_test: bool) -> Outcome:
    """Train once, from the start, and evaluate the network that comes out.

    Args:
        config: the run.
        seed: of weights, data order and augmentation.
        on_test: whether to read the test split; else validation tells.
    """
    from nnlabs.data.load import load_cached
    from nnlabs.runs.inspect import evaluate_on_test

    load_cached(config.data)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(with_changes(config, {"train.seed": seed}, "seeds"), Path(folder))
        begun = time.process_time()
        result = execute(run)
        processor_s = time.process_time() - begun
        accuracy = evaluate_on_test(run).accuracy if on_test else result["validation_accuracy"]
        return Outcome(accuracy, result["seconds"], processor_s, run.environment)


def table_line(config: RunConfig, outcomes: Sequence[Outcome], command: str) -> str:
    """A line of the table in docs/results.md.

    Args:
        config: the run.
        outcomes: one a seed.
        command: that made it.
    """
    accuracy = mean_interval([100 * outcome.accuracy for outcome in outcomes])
    environment = outcomes[0].environment
    machine = f"{environment['processor']}, {environment['threads']} thread(s), {environment['precision']}"
    seconds, processor_s = (fmean(getattr(each, name) for each in outcomes) for name in ("seconds", "processor_s"))
    cells = [
        *(str(environment["data"]), f"{accuracy.mean:.2f} ± {accuracy.high - accuracy.mean:.2f}", str(accuracy.n)),
        *(f"{seconds:.0f}", f"{processor_s:.0f}", str(config.train.epochs), machine, f"`{command}`"),
    ]
    return f"| {' | '.join(cells)} |"


def main(argv: Sequence[str] | None = None) -> int:
    """Train, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(LEAST_SEEDS)), help="default: 0 to 4")
    parser.add_argument("--record", action="store_true", help="read the test split, and print the table's line")
    options, words = parser.parse_known_args(argv)
    if len(set(options.seeds)) < len(options.seeds):
        raise ConfigError(f"a seed trained twice is the same run twice; name each once, not {options.seeds}")
    if options.record and len(options.seeds) < LEAST_SEEDS:
        raise ConfigError(f"a record needs {LEAST_SEEDS} different seeds at least, and got {options.seeds}")
    if len(words) % 2:
        raise ConfigError(f"give settings as '--name value', not {' '.join(words)}")
    config = settings(options.task, words)
    where = "test" if options.record else "validation"
    outcomes = []
    for seed in options.seeds:
        outcome = train(config, seed, options.record)
        outcomes.append(outcome)
        print(
            f"seed {seed}: {100 * outcome.accuracy:.2f} % on {where}, {outcome.seconds:.0f} s, "
            f"{outcome.processor_s:.0f} processor-seconds",
            flush=True,
        )
    command = shlex.join(["python", "benchmarks/minutes_to_accuracy.py", *(argv or sys.argv[1:])])
    if options.record:
        print("\n| data | test accuracy (%) | n | seconds | processor-seconds | epochs | machine | command |")
        print(f"|{'---|' * 8}\n{table_line(config, outcomes, command)}")
    elif len(outcomes) > 1:
        accuracy = mean_interval([100 * outcome.accuracy for outcome in outcomes])
        half = accuracy.high - accuracy.mean
        print(f"\nvalidation: {accuracy.mean:.2f} ± {half:.2f} %, n = {accuracy.n}; no record, which needs --record")
    print(f"commit {describe_environment()['commit']}")
    return 0


if __name__ == "__main__":
    sys.exit(run_as_script(main))
