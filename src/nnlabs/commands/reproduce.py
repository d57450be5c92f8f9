"""`nnlabs reproduce`: every lab in a process of its own, one after another; what is complete is not done again."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nnlabs.commands.manifest import write_manifest
from nnlabs.commands.options import add_results, command_line
from nnlabs.config.describe import nearest
from nnlabs.config.layers import PRESETS
from nnlabs.errors import ConfigError, RunError
from nnlabs.paths import results_root
from nnlabs.records import read_json
from nnlabs.runs.lookup import lab_folder, read_facts
from nnlabs.runs.provenance import describe_environment
from nnlabs.tables import Column, format_table
from nnlabs.units import clock

DONE, BEFORE = "done", "complete before"

# Seconds that a lab gets to end by itself, before it is told to end, and before it is killed.
GRACE_S = 5.0


@dataclass(frozen=True)
class Step:
    """One lab of a reproduction.

    Args:
        lab: its name.
        script: its file.
        preset: smoke, quick or full.
        root: folder of all results.
    """

    lab: str
    script: Path
    preset: str
    root: Path

    def folder(self) -> Path:
        """Where its results lie, or will: another folder where it takes, or would take, a stand-in for its data."""
        return self.folder_for(self.settings())

    def folder_for(self, settings: str) -> Path:
        """The same, with settings that were asked for already.

        Args:
            settings: as `settings()` gives them.
        """
        data = (yaml.safe_load(settings) or {}).get("data", {})
        return self.root / self.lab / lab_folder(self.preset, data["name"] if data.get("stand_in_for") else None)

    def complete(self, settings: str) -> bool:
        """Whether all is there, made with these settings by this code.

        Args:
            settings: as `settings()` gives them.
        """
        folder = self.folder_for(settings)
        if not all((folder / name).is_file() for name in ("result.json", "config.yaml")):
            return False
        try:
            result, environment = read_json(folder / "result.json"), read_facts(folder / "environment.json")
        except RunError:  # damaged: the lab writes it anew
            return False
        now = describe_environment()
        return (
            all(environment.get(key) == now[key] for key in ("source", "python", "packages"))
            and all((folder / name).is_file() for name in pictures(result))
            and (folder / "config.yaml").read_text(encoding="utf-8") == settings
        )

    def settings(self) -> str:
        """The settings that the lab would run with now, as YAML; they are the lab's own affair, so the lab is asked."""
        command = [sys.executable, str(self.script), "--preset", self.preset, "--print_config"]
        environment = os.environ | {"NNLABS_RESULTS": str(self.root)}
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment).stdout

    def run(self, settings: str) -> str:
        """Run the lab, its output below what is printed already.

        Args:
            settings: as `settings()` gave them before.

        Returns:
            What became of it: `done`, or how it failed.
        """
        environment = os.environ | {"NNLABS_RESULTS": str(self.root)}
        child = subprocess.Popen([sys.executable, str(self.script), "--preset", self.preset], env=environment)
        with _ending(child):
            code = child.wait()
        if code:
            return f"failed (exit code {code})"
        # Asked again only where need be, for that takes a second: the lab may have downloaded its data meanwhile.
        there = (self.folder_for(settings) / "result.json").is_file() or (self.folder() / "result.json").is_file()
        return DONE if there else "failed (no result.json)"


def reproduce_command(words: Sequence[str], scripts: Mapping[str, Path]) -> None:
    """Run `nnlabs reproduce ...`.

    Args:
        words: command line after `nnlabs reproduce`.
        scripts: all labs' files by their names, in order.

    Raises:
        ConfigError: for a lab or a preset that does not exist.
        RunError: at the end, where a lab failed; the others have been run nevertheless.
    """
    labs, preset, results = choose_labs("nnlabs reproduce", words, scripts)
    root = results_root(results)
    rows = list(_reproduce([Step(lab, scripts[lab], preset, root) for lab in labs]))
    columns = [Column("lab", "lab"), Column("state", "state"), Column("minutes", "minutes", ".1f")]
    print(f"\n{format_table(rows, columns)}\n\nAll files with their checksums: {root / 'manifest.json'}")
    failed = [f"{row['lab']}: {row['state']}" for row in rows if row["state"] not in (DONE, BEFORE)]
    if failed:
        raise RunError(f"not all labs ended well: {', '.join(failed)}; what they printed is above")
    print(f"One page to share: {command_line('nnlabs', 'report', '--preset', preset, results=results)}")


def choose_labs(command: str, words: Sequence[str], scripts: Mapping[str, Path]) -> tuple[list[str], str, str | None]:
    """Read `[--preset PRESET] [--results DIR] [LAB ...]`.

    Args:
        command: what stands before, for messages.
        words: the command line after it.
        scripts: all labs' files by their names, in order.

    Returns:
        The labs' names, in the order of the course, the preset, and the folder of results, where one is given.

    Raises:
        ConfigError: for one that does not exist.
    """
    parser = argparse.ArgumentParser(prog=command, allow_abbrev=False)
    parser.add_argument("labs", nargs="*", metavar="LAB", help="names of labs; default: all of them")
    parser.add_argument("--preset", default="quick", help=f"{', '.join(PRESETS)}; default: quick")
    add_results(parser)
    options = parser.parse_args(words)
    for name, known in (*((lab, scripts) for lab in options.labs), (options.preset, PRESETS)):
        if name not in known:
            raise ConfigError(f"{command}: there is no {name!r}; {nearest(name, known)}")
    return [lab for lab in scripts if lab in options.labs or not options.labs], options.preset, options.results


def _reproduce(steps: Sequence[Step]) -> Iterator[dict[str, Any]]:
    """Run what is not complete, and tell of each lab what became of it; the manifest is written anew after each."""
    start = time.monotonic()
    for number, step in enumerate(steps, start=1):
        begun = time.monotonic()
        settings = step.settings()
        complete = step.complete(settings)
        when = BEFORE if complete else f"{clock(begun - start)} since the start"
        print(f"== lab {number} of {len(steps)}: {step.lab} ({step.preset}) · {when}", flush=True)
        state = BEFORE if complete else step.run(settings)
        write_manifest(step.root)
        yield {"lab": step.lab, "state": state, "minutes": (time.monotonic() - begun) / 60}


def pictures(result: Mapping[str, Any]) -> list[str]:
    """The names of all files that a lab's acts show: each figure as PNG, SVG and CSV, and the animations.

    Args:
        result: a lab's `result.json`.
    """
    names = [
        f"{figure}.{ending}"
        for act in result["acts"].values()
        for figure in act["figures"]
        for ending in ("png", "svg", "csv")
    ]
    return names + [f"{animation}.gif" for act in result["acts"].values() for animation in act["animations"]]


@contextmanager
def _ending(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever ends this block early ends the lab too, but gives it the time to keep what it has."""
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)  # on a terminal, Ctrl-C has reached the lab too
        raise
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop a process that is still there as Ctrl-C would; kill it only when that does not help."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)
        child.kill()
        child.wait()
