"""The `nnlabs verify` command: the labs give the same bits twice on this machine, and metrics within the reference's tolerance."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from nnlabs.commands.options import add_results
from nnlabs.commands.reference import (
    TIMES,
    from_intervals,
    from_repetitions,
    hold_against,
    read_reference,
    reference_path,
    write_reference,
)
from nnlabs.config.describe import nearest
from nnlabs.errors import ConfigError, RunError
from nnlabs.labkit.lessons import SHOWN
from nnlabs.paths import results_root
from nnlabs.records import flatten, read_json
from nnlabs.runs.lookup import read_facts
from nnlabs.tables import Column, format_table

SMOKE, FULL = "smoke", "full"
REPETITIONS = 8
# How far apart the seeds of two repetitions lie: further than a lab has seeds.
SHIFT = 100
COLUMNS = [
    Column("lab", "lab"),
    Column("metric", "metric"),
    *(Column(name, name, ".4g") for name in ("measured", "expected", "tolerance")),
]


def verify_command(words: Sequence[str], scripts: Mapping[str, Path]) -> None:
    """Run `nnlabs verify ...`.

    Args:
        words: command line after `nnlabs verify`.
        scripts: all labs' files by their names, in order.

    Raises:
        ConfigError: for a lab that does not exist.
        RunError: at the end, where something was off; and where a lab cannot be run.
    """
    parser = argparse.ArgumentParser(
        prog="nnlabs verify",
        allow_abbrev=False,
        description="Run the smoke preset of the labs twice and prove that the histories are equal bit for bit. See that each lab "
        "shows the lessons it is to show. Hold the metrics of smoke, and of full where it is complete on real data, against the "
        "reference values.",
    )
    parser.add_argument("labs", nargs="*", metavar="LAB", help="names of labs; default: all of them")
    parser.add_argument(
        "--update",
        choices=(SMOKE, FULL),
        help=f"make the reference values anew: for smoke, from {REPETITIONS} repetitions with other seeds; for full, from the "
        "results that are here",
    )
    add_results(parser)
    options = parser.parse_args(words)
    for name in options.labs:
        if name not in scripts:
            raise ConfigError(f"nnlabs verify: there is no {name!r}; {nearest(name, scripts)}")
    chosen = {name: path for name, path in scripts.items() if name in options.labs or not options.labs}
    if options.update == SMOKE:
        update_smoke(chosen)
    elif options.update == FULL:
        update_full(chosen, results_root(options.results))
    else:
        verify(chosen, results_root(options.results))


def verify(scripts: Mapping[str, Path], root: Path) -> None:
    """Verify labs, and print what was found.

    Args:
        scripts: their files by name.
        root: folder of results, in which complete ones of `full` are held against their reference, too.

    Raises:
        RunError: at the end, where something was off.
    """
    wrong: list[str] = []
    off: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        for lab, script in scripts.items():
            roots = [Path(folder) / f"{lab}-{copy}" for copy in "ab"]
            run_side_by_side(script, [(root, []) for root in roots])
            differing, compared = differences(*roots)
            state = f"NOT EQUAL: {', '.join(differing)}" if differing else f"{compared} files equal bit for bit"
            print(f"{lab} ({SMOKE}), twice: {state}", flush=True)
            wrong += [f"{lab} gives other numbers the second time"] if differing else []
            result = read_json(roots[0] / lab / SMOKE / "result.json")
            off += list(_held(lab, SMOKE, result, wrong))
            wrong += list(_lessons(lab, result))
            off += list(_held_full(root, lab, wrong))
    if off:
        print(f"\nOff the reference values:\n\n{format_table(off, COLUMNS)}\n")
        wrong.append(f"metrics off their reference values: {len(off)}")
    if wrong:
        raise RunError(f"not verified: {'; '.join(wrong)}")
    print("Verified.")


def _held(lab: str, preset: str, result: Mapping[str, Any], wrong: list[str]) -> Iterator[dict[str, Any]]:
    """What is off in a lab's metrics, and a line on the console that says how many were looked at."""
    expected = read_reference(reference_path(lab, preset))
    if not expected:
        wrong.append(f"{lab} has no reference values; make them with: nnlabs verify --update {preset} {lab}")
        return
    rows = hold_against(result, expected)
    print(f"{lab} ({preset}): {len(expected) - len(rows)} of {len(expected)} metrics within tolerance", flush=True)
    yield from ({"lab": f"{lab}/{preset}", **row} for row in rows)


def _lessons(lab: str, result: Mapping[str, Any]) -> Iterator[str]:
    """What the lab was to show and did not, each in a sentence; and a line on the console that says how many were looked at."""
    expected = [lesson for lesson in result["lessons"] if lesson["expected"]]
    missing = [lesson for lesson in expected if lesson["verdict"] != SHOWN]
    print(f"{lab} ({result['preset']}): {len(expected) - len(missing)} of {len(expected)} lessons shown", flush=True)
    for lesson in missing:
        yield f"{lab} does not show: {lesson['claim']} ({lesson['numbers']}; {lesson['why']})"


def _held_full(root: Path, lab: str, wrong: list[str]) -> Iterator[dict[str, Any]]:
    """The same for the full preset, where its results are here, were made on real data, and have a reference."""
    result = read_facts(root / lab / FULL / "result.json")
    if result and result.get("stand_in_for", "") is None and reference_path(lab, FULL).is_file():
        yield from _held(lab, FULL, result, wrong)


def run_side_by_side(script: Path, jobs: Sequence[tuple[Path, list[str]]]) -> None:
    """Run a lab's smoke preset a few times, two at a time, in processes of their own.

    Args:
        script: the lab's file.
        jobs: for each time the folder for its results, and further options.

    Raises:
        RunError: where the lab fails, with the last line that it printed.
    """
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda job: _run(script, ["--results", str(job[0]), *job[1]]), jobs))


def _run(script: Path, options: Sequence[str]) -> str:
    command = [sys.executable, str(script), "--preset", SMOKE, *options]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if ended.returncode:
        last = (ended.stderr.strip() or "it printed nothing").splitlines()[-1]
        raise RunError(f"{script.name} ended with exit code {ended.returncode}: {last}")
    return ended.stdout


def differences(a: Path, b: Path) -> tuple[list[str], int]:
    """The files in which two results folders differ: all `history.csv`, and the numbers of all `result.json` but for times.

    Args:
        a: one folder.
        b: the other.

    Returns:
        The names of those that differ or are in one folder only, and how many there are in all.
    """
    names = sorted({str(path.relative_to(root)) for root in (a, b) for path in _compared(root)})
    return [name for name in names if _content(a / name) != _content(b / name)], len(names)


def _compared(root: Path) -> Iterator[Path]:
    return (path for name in ("history.csv", "result.json") for path in root.rglob(name))


def _content(path: Path) -> Any:
    if not path.is_file():
        return None
    if path.suffix == ".csv":
        return path.read_bytes()
    facts = read_json(path)
    return _without_times({name: act["metrics"] for name, act in facts["acts"].items()} if "acts" in facts else facts)


def _without_times(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: inner for name, inner in value.items() if not any(word in name for word in TIMES)}
        return {name: _without_times(inner) for name, inner in kept.items()}
    return [_without_times(inner) for inner in value] if isinstance(value, list) else value


def update_smoke(scripts: Mapping[str, Path]) -> None:
    """Make the reference values of the smoke preset: `REPETITIONS` times with other seeds, the preset's own among them.

    Args:
        scripts: the labs' files by name.

    Raises:
        RunError: where a lab fails, or the file cannot be written.
    """
    for lab, script in scripts.items():
        with TemporaryDirectory() as folder:
            settings = yaml.safe_load(_run(script, ["--print_config"]))
            roots = [Path(folder) / str(number) for number in range(REPETITIONS)]
            run_side_by_side(script, [(root, seed_options(settings, number)) for number, root in enumerate(roots)])
            # Other seeds are other settings, so that the folder's name says more than the preset.
            results = [read_json(next((root / lab).glob(f"{SMOKE}*/result.json"))) for root in roots]
        _write(lab, SMOKE, from_repetitions(results), results[0]["data"])


def seed_options(settings: Mapping[str, Any], number: int) -> list[str]:
    """The options that give a repetition seeds of its own; those of the preset for the first one.

    Args:
        settings: of the lab; every `seed` in them is moved, and a list `seeds`, but not the seed of the data's split.
        number: of the repetition, from 0.

    Example:
        >>> seed_options({"seeds": [0, 1], "train": {"seed": 0, "lr": 0.1}}, 2)
        ['--seeds', '[200, 201]', '--train.seed', '200']
    """
    options: list[str] = []
    for key, value in flatten(settings):
        if key == "seeds" and isinstance(value, list):
            options += ["--seeds", str([seed + number * SHIFT for seed in value])]
        elif key.split(".")[-1] == "seed":
            options += [f"--{key}", str(value + number * SHIFT)]
    return options


def update_full(scripts: Mapping[str, Path], root: Path) -> None:
    """Make the reference values of the full preset from the results that are here, for metrics with five seeds at least.

    Args:
        scripts: the labs' files by name.
        root: folder of results.

    Raises:
        RunError: where a lab's results are not here, stand in for the real data, or have no interval over so many seeds.
    """
    for lab in scripts:
        result = read_facts(root / lab / FULL / "result.json")
        if not result or result["stand_in_for"]:
            raise RunError(f"there are no results of {lab} on real data; first: nnlabs run {lab} --preset {FULL}")
        metrics = from_intervals(result)
        if not metrics:
            raise RunError(f"{lab} gives no interval over five seeds or more, so that no tolerance can be derived")
        _write(lab, FULL, metrics, result["data"])


def _write(lab: str, preset: str, metrics: Mapping[str, Any], data: str) -> None:
    path = reference_path(lab, preset)
    write_reference(path, metrics, data)
    print(f"{lab} ({preset}): {len(metrics)} reference values in {path}", flush=True)
