"""The `nnlabs check` command: what a run would compute with on this machine, and about how long the labs would take."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import shutil
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from textwrap import fill

from nnlabs import __version__
from nnlabs.commands.data import state_of
from nnlabs.commands.options import add_results
from nnlabs.config.describe import nearest
from nnlabs.config.layers import PRESETS
from nnlabs.console import line_width
from nnlabs.data.catalog import IMAGE_SETS
from nnlabs.errors import ConfigError, UserError
from nnlabs.paths import data_root, results_root
from nnlabs.runs.lookup import read_facts
from nnlabs.runs.provenance import describe_environment
from nnlabs.units import duration

OPTIONAL = {
    "tensorboard": "--train.tensorboard true",
    "distributed": "sweeps on several machines",
    "pandas": "reading runs.csv",
    "jupyterlab": "notebooks",
}


def check_command(arguments: Sequence[str], labs: Iterable[str], run_lab: Callable[..., object]) -> None:
    """Run `nnlabs check ...`, and print what was found.

    Args:
        arguments: the command line after it.
        labs: all labs' names, in order.
        run_lab: runs one of them with a command line.

    Raises:
        ConfigError: for a preset that does not exist.
    """
    parser = argparse.ArgumentParser(
        prog="nnlabs check",
        allow_abbrev=False,
        description="Say what a run would compute with here: versions, device, precision, threads, data sets; and try a few steps "
        "of each lab to tell about how long it would take.",
    )
    parser.add_argument(
        "--preset", default="quick", help=f"whose time to estimate: {', '.join(PRESETS)}; default: quick"
    )
    add_results(parser)
    options = parser.parse_args(arguments)
    if options.preset not in PRESETS:
        raise ConfigError(f"nnlabs check: there is no preset {options.preset!r}; {nearest(options.preset, PRESETS)}")
    for name, line in (*versions(), *device(), *places(options.results)):
        _print(name, line)
    print("\ndata sets", flush=True)
    for name, line in data_sets():
        _print(f"  {name}", line)
    print(f"\nabout how long training takes, preset {options.preset} (tried now, a few steps of each kind of network)")
    for lab in labs:
        _print(f"  {lab}", training_time(lab, options.preset, run_lab) or last_time(lab, options))


def _print(name: str, line: str) -> None:
    print(
        fill(line, line_width(), initial_indent=f"{name:<18} ", subsequent_indent=" " * 19, break_on_hyphens=False),
        flush=True,
    )


def versions() -> Iterator[tuple[str, str]]:
    """Versions of what computes, the processor, and which optional packages are there."""
    facts = describe_environment()
    commit = facts["commit"]
    yield "nnlabs", __version__ + (f", commit {commit}" if commit else "")
    yield "Python", f"{platform.python_version()} on {platform.platform()}"
    yield "packages", ", ".join(f"{name} {number or 'missing'}" for name, number in facts["packages"].items())
    yield "optional", ", ".join(f"{name} {_version(name)} ({use})" for name, use in OPTIONAL.items())
    yield "processor", f"{facts['processor']}, {facts['cores']} cores"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def device() -> Iterator[tuple[str, str]]:
    """What `auto` decides for device and precision, and why; and the threads of a run."""
    import torch
    from loky import cpu_count

    from nnlabs.config.schema import TrainConfig
    from nnlabs.runs.precision import kept_speeds, pick_precision
    from nnlabs.training.device import pick_device

    chosen = pick_device("auto")
    why = torch.cuda.get_device_name() if chosen.type == "cuda" else "torch finds no CUDA device"
    if torch.backends.mps.is_available():
        why += "; Apple's MPS is there, and used only when asked for: --train.device mps"
    yield "device", f"{chosen.type} ({why})"
    threads = TrainConfig().threads
    if chosen.type == "cpu":
        speeds = kept_speeds(threads)
        for layer, times in (("linear", speeds.linear), ("convolution", speeds.convolution)):
            measured = " or ".join(f"{ms:.3g} ms in {name}" for name, ms in times.items())
            yield layer, f"a layer's step takes {measured}; train.precision auto goes by that"
    else:
        yield "precision", str(pick_precision("auto", chosen, torch.nn.Identity())).removeprefix("torch.")
    yield "browser", _browser()
    yield (
        "threads",
        f"{threads} a run; sweeps make {max(1, int(cpu_count()) // threads)} runs at a time (sweep.workers)",
    )


def _browser() -> str:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return "none that Python finds; nnlabs playground prints an address to open"
    return "found; nnlabs playground opens there"


def places(results: str | None) -> Iterator[tuple[str, str]]:
    """Where results and data lie, and how much room there is."""
    for name, folder in (("results", results_root(results)), ("data", data_root())):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free / 1e9
        writable = "" if os.access(there, os.W_OK) else "; CANNOT BE WRITTEN"
        yield name, f"{folder} ({free:,.0f} GB free{writable})"


def data_sets() -> Iterator[tuple[str, str]]:
    """Which data sets are here."""
    root = data_root()
    for name, entry in IMAGE_SETS.items():
        state = state_of(entry, root)
        get = f"; nnlabs data get {name} downloads it" if state == "not here" else ""
        yield name, f"{state}{get}"


def training_time(lab: str, preset: str, run_lab: Callable[..., object]) -> str:
    """How long a lab's networks would train on this machine, in words; nothing for one that cannot be asked.

    Args:
        lab: its name.
        preset: smoke, quick or full.
        run_lab: runs it with a command line.
    """
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            run_lab(lab, "--preset", preset, "--estimate")
    except UserError as error:
        without = isinstance(error, ConfigError) and error.key == "estimate"  # a lab that has no such setting
        return "" if without else str(error)
    return printed.getvalue().strip()


def last_time(lab: str, options: argparse.Namespace) -> str:
    """How long a lab took when it was last run with the preset on such a processor; for labs whose networks take seconds.

    Args:
        lab: its name.
        options: the command's.
    """
    result = read_facts(results_root(options.results) / lab / options.preset / "result.json")
    if "minutes" in result and result.get("processor") == describe_environment()["processor"]:
        return f"the whole lab took {duration(60 * result['minutes'])} when it was last run here"
    return "not tried: its networks take seconds each, and it keeps no runs"
