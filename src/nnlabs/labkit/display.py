"""A lab's results as a notebook shows them: act by act what the numbers say, tables, animations and figures."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.labkit.lessons import SHOWN, Outcome
from nnlabs.plotting.notebook import file_tag
from nnlabs.records import read_json


@dataclass(frozen=True)
class LabPage:
    """What a lab's run gives: where its results lie; a notebook shows them.

    Args:
        folder: `results/LAB/PRESET/`, of a lab that is complete.
    """

    folder: Path

    @property
    def result(self) -> dict[str, Any]:
        """All numbers and sentences, as in `result.json`; see `labkit.results`."""
        return read_json(self.folder / "result.json")

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        result = self.result
        head = f"<h2>{html.escape(result['title'])}</h2><p>{html.escape(result['question'])}</p>"
        data = f"{result['data']}, n = {result['n']:,} {result['unit']}"
        acts = "".join(map(self._act, result["acts"].values()))
        return f"{head}<p>{html.escape(data)}</p>{acts}{_lessons(result['lessons'])}"

    def _act(self, act: Mapping[str, Any]) -> str:
        sentences = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in act["findings"])
        return f"<h3>{html.escape(act['title'])}</h3>{sentences}{''.join(map(_table, act['tables']))}{''.join(self._pictures(act))}"

    def _pictures(self, act: Mapping[str, Any]) -> Iterator[str]:
        for names, ending in ((act["animations"], ".gif"), (act["figures"], ".png")):
            for name in names:
                yield f"<p>{file_tag(self.folder / f'{name}{ending}', name)}</p>"


def _lessons(lessons: Sequence[Mapping[str, Any]]) -> str:
    """What the lab was to show, and whether it did."""
    if not lessons:
        return ""
    shown = sum(lesson["verdict"] == SHOWN for lesson in lessons)
    items = (f"<li>{html.escape(Outcome(**lesson).sentence())}</li>" for lesson in lessons)
    return f"<h3>Lessons, {shown} of {len(lessons)} shown</h3><ul>{''.join(items)}</ul>"


def _table(table: Mapping[str, Any]) -> str:
    """A table of `result.json`; numbers stand flush right."""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in table["header"])
    body = "".join(f"<tr>{_cells(row, table['right'])}</tr>" for row in table["rows"])
    caption = f'<caption style="white-space: pre-line">{html.escape(table["caption"])}</caption>'
    return f"<table>{caption}<tr>{head}</tr>{body}</table>"


def _cells(row: Sequence[str], right: Sequence[bool]) -> str:
    return "".join(
        f'<td style="text-align: {"right" if flush else "left"}">{html.escape(cell)}</td>'
        for cell, flush in zip(row, right, strict=True)
    )
