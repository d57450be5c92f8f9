"""Tables for the console and for Markdown: aligned columns, units in the header, "0.902 ± 0.003" for an interval."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from numbers import Integral
from textwrap import wrap
from typing import Any

import numpy as np

from nnlabs.console import line_width

Row = Mapping[str, Any]

_DASH = "–"
_MINUS_ZERO = re.compile(r"^-(?=[0.,]+$)")
# Texts are wrapped at the first of these widths with which a table fits on the console.
_WIDEST = (36, 30, 26, 22)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        key: which entry of each row it shows.
        header: what stands above it, with the unit: "test accuracy (%)".
        spec: how numbers that are not whole are written, as in `format`; also for both halves of "mean ± half".
        scale: a factor for them, such as 100 for shares that are shown in per cent.
    """

    key: str
    header: str
    spec: str = ".3f"
    scale: float = 1.0


def format_table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """A table for the console, with text flush left and numbers flush right.

    Cells are text, whole numbers (written with thousands separators), other numbers, or anything with `mean`, `low` and
    `high` (written as mean ± half the interval's length). nan, None and a missing entry are a dash. Long texts are wrapped.

    Args:
        rows: one mapping a row.
        columns: what to show, from left to right.

    Returns:
        Lines of text, without a line end after the last.

    Example:
        >>> rows = [{"run": "plain", "gap": 0.1141}, {"run": "dropout", "gap": 0.021}]
        >>> print(format_table(rows, [Column("run", "technique"), Column("gap", "gap (points)", ".1f", 100)]))
        technique  gap (points)
        ---------  ------------
        plain              11.4
        dropout             2.1
    """
    header, *body = cells(rows, columns)
    for widest in _WIDEST:
        lines = _filled([header, *_wrapped(body, widest)], flush_right(rows, columns))
        if len("  ".join(lines[0])) <= line_width():
            break
    rule = ["-" * len(header) for header in lines[0]]
    return "\n".join("  ".join(line).rstrip() for line in [lines[0], rule, *lines[1:]])


def markdown_table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """The same table as `format_table` in GitHub's Markdown, where a "|" inside a cell is written with a backslash.

    Args:
        rows: one mapping a row.
        columns: what to show, from left to right.

    Example:
        >>> print(markdown_table([{"run": "plain", "n": 2000}], [Column("run", "technique"), Column("n", "images")]))
        | technique | images |
        |:--------- | ------:|
        | plain     |  2,000 |
    """
    right = flush_right(rows, columns)
    escaped = [[cell.replace("|", r"\|") for cell in line] for line in cells(rows, columns)]
    lines = _filled(escaped, right)
    rule = "|".join(
        f" {'-' * len(header)}:" if flush else f":{'-' * len(header)} "
        for header, flush in zip(lines[0], right, strict=True)
    )
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, f"|{rule}|", *body])


def cells(rows: Sequence[Row], columns: Sequence[Column]) -> list[list[str]]:
    """A table as text: the headers, then one list of cells a row.

    Args:
        rows: one mapping a row.
        columns: what to show, from left to right.
    """
    body = [[_cell(row.get(column.key), column) for column in columns] for row in rows]
    return [[column.header for column in columns], *body]


def flush_right(rows: Sequence[Row], columns: Sequence[Column]) -> list[bool]:
    """Which columns hold numbers, which stand flush right.

    Args:
        rows: one mapping a row.
        columns: what to show, from left to right.
    """
    return [bool(rows) and not any(isinstance(row.get(column.key), str) for row in rows) for column in columns]


def _wrapped(lines: Sequence[Sequence[str]], widest: int) -> list[list[str]]:
    """Lines of a table whose long texts go on in further lines."""
    return [
        list(line)
        for cells in lines
        for line in zip_longest(*(wrap(cell, widest) or [""] for cell in cells), fillvalue="")
    ]


def _filled(lines: Sequence[Sequence[str]], right: Sequence[bool]) -> list[list[str]]:
    """All cells filled up to the width of their column."""
    by_column = []
    for column, flush in zip(zip(*lines, strict=True), right, strict=True):
        width = max(map(len, column))
        by_column.append([text.rjust(width) if flush else text.ljust(width) for text in column])
    return [list(line) for line in zip(*by_column, strict=True)]


def _cell(value: Any, column: Column) -> str:
    """One value as text."""
    if isinstance(value, str):
        return value
    if hasattr(value, "low"):
        half = _number((value.high - value.low) / 2, column)
        return _number(value.mean, column) + ("" if half == _DASH else f" ± {half}")
    return _number(value, column)


def _number(value: Any, column: Column) -> str:
    """A number as text, a 0 without a minus; a dash where there is none."""
    if value is None or np.isnan(value):
        return _DASH
    if isinstance(value, Integral):
        return f"{value:,}"
    written = format(value * column.scale, column.spec)
    return _MINUS_ZERO.sub("", written)
