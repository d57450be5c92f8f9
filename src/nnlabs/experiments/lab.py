"""The folder in which one lab tells its story: `results/LAB/PRESET/`, with figures, tables and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnlabs.config.schema import LabConfig
from nnlabs.experiments.environment import describe_environment
from nnlabs.experiments.records import write_config, write_json
from nnlabs.files import readable_write_errors, remove_parts
from nnlabs.paths import results_root


def open_lab(lab: str, config: LabConfig) -> Path:
    """Make `results/LAB/PRESET/` with `config.yaml` and `environment.json`; an old `result.json` goes, as it is no longer true.

    Args:
        lab: the lab's name.
        config: its configuration.

    Returns:
        The folder.

    Raises:
        RunError: where it cannot be written; told before anything is computed.
    """
    folder = results_root(config.results) / lab / config.preset
    with readable_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").unlink(missing_ok=True)
        remove_parts(folder)
    write_config(folder / "config.yaml", config)
    write_json(folder / "environment.json", describe_environment())
    return folder


def close_lab(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write `result.json`: the lab is complete, and these are its numbers.

    Args:
        folder: what `open_lab` gave.
        facts: the lab's results by name, each with its unit in the name where it has one (`seconds`, `test_accuracy`).
    """
    write_json(folder / "result.json", facts)
