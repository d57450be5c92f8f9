"""Tables for the console and for Markdown: aligned columns, units in the header, "0.902 ± 0.003" for an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

Row = Mapping[str, Any]

_DASH = "–"


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
    `high` (written as mean ± half the interval's length). nan, None and a missing entry are a dash.

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
    lines, _ = _aligned(rows, columns)
    rule = ["-" * len(header) for header in lines[0]]
    return "\n".join("  ".join(line).rstrip() for line in [lines[0], rule, *lines[1:]])


def markdown_table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """The same table as `format_table` in GitHub's Markdown.

    Args:
        rows: one mapping a row.
        columns: what to show, from left to right.

    Example:
        >>> print(markdown_table([{"run": "plain", "n": 2000}], [Column("run", "technique"), Column("n", "images")]))
        | technique | images |
        |:--------- | ------:|
        | plain     |  2,000 |
    """
    lines, right = _aligned(rows, columns)
    rule = "|".join(
        f" {'-' * len(header)}:" if flush else f":{'-' * len(header)} "
        for header, flush in zip(lines[0], right, strict=True)
    )
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, f"|{rule}|", *body])


def _aligned(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[list[list[str]], list[bool]]:
    """Header and cells as text, filled up to the width of their column; and which columns are flush right."""
    by_column, right = [], []
    for column in columns:
        values = [row.get(column.key) for row in rows]
        texts = [column.header, *(_cell(value, column) for value in values)]
        flush = bool(values) and not any(isinstance(value, str) for value in values)
        width = max(map(len, texts))
        by_column.append([text.rjust(width) if flush else text.ljust(width) for text in texts])
        right.append(flush)
    return [list(line) for line in zip(*by_column, strict=True)], right


def _cell(value: Any, column: Column) -> str:
    """One value as text."""
    if isinstance(value, str):
        return value
    if hasattr(value, "low"):
        half = _number((value.high - value.low) / 2, column)
        return _number(value.mean, column) + ("" if half == _DASH else f" ± {half}")
    return _number(value, column)


def _number(value: Any, column: Column) -> str:
    """A number as text; a dash where there is none."""
    if value is None or np.isnan(value):
        return _DASH
    if isinstance(value, Integral):
        return f"{value:,}"
    return format(value * column.scale, column.spec)
