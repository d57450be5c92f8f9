"""`nnlabs report`: the results of all labs as one HTML file that needs nothing else."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nnlabs import __version__
from nnlabs.commands.manifest import complete_labs
from nnlabs.commands.options import add_results, command_line
from nnlabs.commands.report.pictures import Picture, read_animation, read_figure, run_again
from nnlabs.config.describe import nearest
from nnlabs.config.layers import PRESETS
from nnlabs.data.catalog import lookup
from nnlabs.errors import ConfigError, RunError
from nnlabs.files import write_text
from nnlabs.labkit.lessons import SHOWN
from nnlabs.paths import expand_home, results_root
from nnlabs.records import read_json
from nnlabs.runs.lookup import lab_folder
from nnlabs.units import duration

MOST_BYTES = 5_000_000
# Colors of each figure: all that a palette can have, and fewer only where the page would become too large.
PALETTES = (256, 64, 16)


@dataclass(frozen=True)
class ActSection:
    """One act on the page.

    Attributes:
        name: as the lab calls it.
        facts: its entry in `result.json`.
        pictures: animations first, then figures.
    """

    name: str
    facts: Mapping[str, Any]
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class LabSection:
    """One lab on the page.

    Attributes:
        name: its name on the command line.
        title: "Lab 1, perceptron".
        question: what it asks.
        result: its `result.json`; None while it is not complete.
        environment: its `environment.json`.
        acts: in order.
        changed: folders of results with changed settings, which are left out, from the folder of all results on.
    """

    name: str
    title: str
    question: str
    result: Mapping[str, Any] | None
    environment: Mapping[str, Any]
    acts: Sequence[ActSection]
    changed: Sequence[str] = ()

    @property
    def stand_in_for(self) -> str | None:
        """Title of the data set that could not be had, if a stand-in was taken."""
        name = self.result and self.result["stand_in_for"]
        return lookup(name).title if name else None

    @property
    def shown(self) -> int:
        """How many of its lessons it showed."""
        assert self.result is not None
        return sum(lesson["verdict"] == SHOWN for lesson in self.result["lessons"])

    @property
    def ran(self) -> Iterator[tuple[str, str]]:
        """What was run, as pairs of a name and a value."""
        assert self.result is not None
        result, environment = self.result, self.environment
        seeds = result["seeds"]
        yield "Data", str(result["data"])
        yield "Learned from", f"n = {result['n']:,} {result['unit']}"
        yield "Seeds", f"{len(seeds)} ({_few(seeds)})"
        yield "Trained", f"{result['runs']:,} models"
        yield "Took", duration(60 * result["minutes"])
        if result["training_minutes"] is not None:
            yield (
                "Training alone",
                f"{duration(60 * result['training_minutes'])}, summed over all models, earlier commands included",
            )
        yield "Machine", f"{result['processor']}, {result['cores']} cores, computed on {result['device']}"
        packages = ", ".join(f"{name} {environment['packages'][name]}" for name in ("numpy", "torch"))
        yield "Software", f"nnlabs {environment['nnlabs']}, Python {environment['python']}, {packages}"
        yield "When", day(environment["started"])


def report_command(words: Sequence[str], scripts: Mapping[str, Path]) -> None:
    """Run `nnlabs report ...`: write the page, and say where it is and what it lacks.

    Args:
        words: command line after `nnlabs report`.
        scripts: all labs' files by their names, in order.

    Raises:
        ConfigError: for a preset that does not exist, or a folder in place of a file.
        RunError: where no lab is complete, or the file cannot be written.
    """
    parser = argparse.ArgumentParser(prog="nnlabs report", allow_abbrev=False)
    parser.add_argument("--preset", default="quick", help=f"{', '.join(PRESETS)}; default: quick")
    parser.add_argument(
        "--output", type=expand_home, help="the file; default: report-PRESET.html in the folder of results"
    )
    add_results(parser)
    options = parser.parse_args(words)
    if options.preset not in PRESETS:
        raise ConfigError(f"nnlabs report: there is no preset {options.preset!r}; {nearest(options.preset, PRESETS)}")
    root = results_root(options.results)
    output = options.output or root / f"report-{options.preset}.html"
    if output.is_dir():
        example = output / f"report-{options.preset}.html"
        raise ConfigError(f"nnlabs report: --output {output} is a folder; give a file's name, such as {example}")
    text = make_page(root, options.preset, scripts)
    write_text(output, text)
    print(f"{output}: {len(text.encode()) / 1e6:.1f} MB, one file that needs no network")


def make_page(root: Path, preset: str, scripts: Mapping[str, Path]) -> str:
    """The page as text, with as many colors as fit in five megabytes.

    Args:
        root: folder of all results.
        preset: smoke, quick or full.
        scripts: all labs' files by their names, in order.

    Raises:
        RunError: where no lab is complete with this preset.
    """
    of_preset = [(folder, result) for folder, result in _results(root) if result["preset"] == preset]
    done = _complete(of_preset)
    changed = [folder for folder, result in of_preset if result["changed"] and folder.parent.name in scripts]
    if not set(done) & set(scripts):
        command = command_line("nnlabs", "reproduce", "--preset", preset, results=str(root))
        raise RunError(f"{root} holds no complete lab with preset {preset}; run `{command}`{_left_out(changed)}")
    text = ""
    for colors in PALETTES:
        labs = (_section(name, script, done.get(name), changed, colors) for name, script in scripts.items())
        text = _render(list(labs), preset)
        if len(text.encode()) < MOST_BYTES:
            break
    return text


def _results(root: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every complete lab's folder, and its `result.json`."""
    for folder in complete_labs(root):
        yield folder, read_json(folder / "result.json")


def _complete(of_preset: Iterable[tuple[Path, Mapping[str, Any]]]) -> dict[str, Path]:
    """By lab, the folder with its results, nothing changed; those on real data before those on a stand-in."""
    found: dict[str, Path] = {}
    for folder, result in of_preset:
        better = not result["stand_in_for"] or folder.parent.name not in found
        stand_in = next(iter(result["checksums"])) if result["stand_in_for"] else None
        its_own = folder.name == lab_folder(result["preset"], stand_in)  # no copy that somebody keeps beside it
        if its_own and not result["changed"] and better:
            found[folder.parent.name] = folder
    return found


def _left_out(changed: Sequence[Path]) -> str:
    """Results that took their time and are not shown, to be added to a message; empty where there are none."""
    folders = ", ".join(map(str, changed))
    return f". Left out, for their settings were changed: {folders}; their figures lie there" if changed else ""


def _render(labs: Sequence[LabSection], preset: str) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("nnlabs.commands.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    complete = [lab for lab in labs if lab.result]
    return environment.get_template("page.html").render(
        labs=labs, complete=complete, preset=preset, version=__version__
    )


def _section(name: str, script: Path, folder: Path | None, changed: Sequence[Path], colors: int) -> LabSection:
    """One lab; of one that is not complete, what its script says it asks, and where it lies with changed settings."""
    if folder is None:
        first = (ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or name).partition("\n")[0]
        title, _, question = first.partition(": ")
        others = [f"{name}/{other.name}" for other in changed if other.parent.name == name]
        return LabSection(name, title, question[:1].upper() + question[1:], None, {}, (), others)
    result = read_json(folder / "result.json")
    acts = [ActSection(act, facts, list(_pictures(folder, facts, colors))) for act, facts in result["acts"].items()]
    environment = read_json(folder / "environment.json")
    if missing := {"nnlabs", "python", "packages", "started"} - set(environment):
        raise RunError(
            f"{folder / 'environment.json'} says nothing of {', '.join(sorted(missing))}; {run_again(folder)}"
        )
    return LabSection(name, result["title"], result["question"], result, environment, acts)


def _pictures(folder: Path, act: Mapping[str, Any], colors: int) -> Iterator[Picture]:
    yield from (read_animation(folder, name, colors) for name in act["animations"])
    yield from (read_figure(folder, name, colors) for name in act["figures"])


def day(moment: str) -> str:
    """A moment in ISO form as `7 March 2026`."""
    date = datetime.fromisoformat(moment)
    return f"{date.day} {date:%B %Y}"


def _few(numbers: Iterable[int]) -> str:
    """All numbers where they are few, else from where to where they go."""
    told = list(numbers)
    return ", ".join(map(str, told)) if len(told) <= 5 else f"{told[0]} to {told[-1]}"
