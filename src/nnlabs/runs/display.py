"""A run's result as a notebook shows it: the learning curve, and the numbers that matter as a table."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from nnlabs.plotting.curves import History, learning_curve
from nnlabs.plotting.notebook import image_tag
from nnlabs.plotting.style import describe_data

SHOWN = {
    "status": "status",
    "reason": "because",
    "epochs": "epochs",
    "kept_epoch": "weights of epoch",
    "parameters": "weights",
    "train_accuracy": "training, right",
    "validation_accuracy": "validation, right",
    "seconds": "seconds of training",
}


def result_html(facts: Mapping[str, Any], name: str, about: str, history: History) -> str:
    """The result as HTML.

    Args:
        facts: of `result.json`.
        name: of the run.
        about: the run in a line.
        history: the columns of `history.csv`; none for a run that failed.
    """
    rows = "".join(
        f"<tr><th>{label}</th><td>{html.escape(_shown(key, facts[key]))}</td></tr>"
        for key, label in SHOWN.items()
        if facts.get(key) is not None
    )
    picture = _curve(facts, name, history) if history and "data" in facts else ""
    return f"<p><b>{html.escape(name)}</b><br>{html.escape(about)}</p>{picture}<table>{rows}</table>"


def _curve(facts: Mapping[str, Any], name: str, history: History) -> str:
    unit = facts.get("inputs", {}).get("unit", "examples")
    line = describe_data(facts["data"], None, facts["train_examples"], unit=f"training {unit}")
    judges = (
        f" · judged by {facts['validation_examples']:,} validation {unit}" if "validation_examples" in facts else ""
    )
    figure, _ = learning_curve(history, name, line + judges, facts.get("kept_epoch"))
    return image_tag(figure)


def _shown(key: str, value: Any) -> str:
    if key.endswith("accuracy"):
        return f"{100 * value:.1f} %"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
