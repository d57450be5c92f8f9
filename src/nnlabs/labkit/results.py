"""What a lab found, in `result.json` of its folder (`labkit.folder`), and on the console.

`result.json` has the same form for every lab, whatever the lab is about; this is all of it:

    title, question                     from the first line of the lab's docstring
    preset, changed                     where the settings come from, and which of them were changed, by dotted name
    data, stand_in_for, n, unit         what was learned from: n examples, counted in `unit`
    checksums                           SHA-256 of the arrays of each data set, by its name
    seeds, runs                         the seeds of what is random; how many networks (or units) were trained
    minutes, processor, cores, device   wall time of this command, and where it ran
    training_minutes                    of all its runs, in this command and earlier ones; null where runs are not kept
    acts                                by name: number, title, findings, runs, figures, animations, tables, metrics
    lessons                             what the lab is to show: act, claim, verdict, numbers, why, expected
    next                                what to try next: pairs of a sentence and a command
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from textwrap import fill
from typing import Any

from nnlabs.config.yaml_text import read_yaml
from nnlabs.console import line_width
from nnlabs.labkit.display import LabPage
from nnlabs.labkit.folder import minutes_since, release
from nnlabs.labkit.lessons import SHOWN, Lesson, Outcome, judge
from nnlabs.records import read_json, write_json
from nnlabs.tables import Column, cells, flush_right, format_table


@dataclass(frozen=True)
class ResultTable:
    """Numbers worth showing as a table, on the console and in the report.

    Args:
        caption: what it shows, of which data, and what "±" means.
        rows: one mapping a row.
        columns: what to show of them, from left to right.
    """

    caption: str
    rows: Sequence[Mapping[str, Any]]
    columns: Sequence[Column]

    def facts(self) -> dict[str, Any]:
        """The table as text cells, as `result.json` holds it."""
        header, *body = cells(self.rows, self.columns)
        return {"caption": self.caption, "header": header, "rows": body, "right": flush_right(self.rows, self.columns)}


@dataclass(frozen=True)
class Act:
    """What one act of a lab found. Its figures are those in the lab's folder whose names begin with the act's number and `_`.

    Args:
        title: a heading.
        findings: what the numbers say, in sentences computed from them; none for an act that the settings leave out.
        metrics: the numbers by name, each with its unit in the name where it has one (`seconds`, `test_accuracy`).
        runs: how many networks (or units) it trained.
        tables: worth showing.
    """

    title: str
    findings: Sequence[str]
    metrics: Mapping[str, Any]
    runs: int
    tables: Sequence[ResultTable] = ()


@dataclass(frozen=True)
class LabResult:
    """What a lab has to say at its end.

    Args:
        story: the lab's docstring, whose first line is "Lab N, name: question".
        data: title of the data, as in the figures.
        n: number of examples learned from.
        unit: what `n` counts, such as "training images".
        seeds: of all that is random.
        acts: by name, in the order of the story; the first is act 1.
        next: what to try next: a sentence, and the command that does it.
        lessons: what the lab is to show, held against its numbers at its end.
        checksums: SHA-256 of each data set's arrays (`data.integrity.digest`), by its name.
        stand_in_for: name of the data set that this one stands in for, or None when it is the real one.
        guessing: the accuracy that whoever guesses stays below, from `chance_bound`.
        device: what computed: cpu, cuda or mps.
        training_minutes: how long all runs trained, also those of earlier commands; None where runs are not kept.
    """

    story: str
    data: str
    n: int
    unit: str
    seeds: Sequence[int]
    acts: Mapping[str, Act]
    next: Sequence[tuple[str, str]]
    lessons: Sequence[Lesson] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    stand_in_for: str | None = None
    guessing: float = 0.1
    device: str = "cpu"
    training_minutes: float | None = None


def close_lab(folder: Path, result: LabResult) -> LabPage:
    """Write `result.json`: the lab is complete, and these are its numbers; then print the result's tables and sentences.

    Args:
        folder: what `open_lab` gave; all figures are there.
        result: what the lab found.

    Returns:
        What a notebook shows.
    """
    preset = read_yaml(folder / "config.yaml")["preset"]
    metrics = {name: act.metrics for name, act in result.acts.items()}
    outcomes = list(judge(result.lessons, metrics, preset, result.guessing))
    write_json(folder / "result.json", _facts(folder, result, outcomes))
    release(folder)
    for act in result.acts.values():
        for table in act.tables:
            caption = "\n".join(map(_wrapped, table.caption.splitlines()))
            print(f"\n{caption}\n\n{format_table(table.rows, table.columns)}")
    print()
    for name, act in result.acts.items():
        if act.findings:
            print(_wrapped(f"{name[0].upper()}{name[1:]}: {' '.join(act.findings)}"))
    if outcomes:
        print(f"\nLessons, {sum(outcome.verdict == SHOWN for outcome in outcomes)} of {len(outcomes)} shown:")
        for outcome in outcomes:
            print(_wrapped(outcome.sentence(), "  "))
    print(f"\nFigures and numbers: {folder}")
    return LabPage(folder)


def _wrapped(text: str, begin: str = "") -> str:
    """A paragraph in lines that a console shows whole."""
    return fill(text, line_width(), initial_indent=begin, subsequent_indent=begin + "  ", break_on_hyphens=False)


def _facts(folder: Path, result: LabResult, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The result as `result.json` holds it."""
    title, _, question = result.story.partition("\n")[0].partition(": ")
    environment = read_json(folder / "environment.json")
    return {
        "title": title,
        "question": question[:1].upper() + question[1:],
        "preset": read_yaml(folder / "config.yaml")["preset"],
        "changed": read_json(folder / "changed.json"),
        "data": result.data,
        "stand_in_for": result.stand_in_for,
        "n": result.n,
        "unit": result.unit,
        "checksums": result.checksums,
        "seeds": list(result.seeds),
        "runs": sum(act.runs for act in result.acts.values()),
        "minutes": minutes_since(folder),
        "training_minutes": result.training_minutes,
        "processor": environment["processor"],
        "cores": environment["cores"],
        "device": result.device,
        "acts": {
            name: _act_facts(folder, number, act)
            for number, (name, act) in enumerate(result.acts.items(), start=1)
            if act.findings
        },
        "lessons": [asdict(outcome) for outcome in outcomes],
        "next": result.next,
    }


def _act_facts(folder: Path, number: int, act: Act) -> dict[str, Any]:
    """One act, with the names of its figures and animations."""
    return {
        "number": number,
        "title": act.title,
        "findings": act.findings,
        "runs": act.runs,
        "figures": sorted(path.stem for path in folder.glob(f"{number}_*.svg")),
        "animations": sorted(path.stem for path in folder.glob(f"{number}_*.gif")),
        "tables": [table.facts() for table in act.tables],
        "metrics": act.metrics,
    }
