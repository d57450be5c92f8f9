"""A run is a value: the settings that decide what it computes give it its name."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import Field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from nnlabs.config.schema import WHEN_CHANGED
from nnlabs.models.options import own_file

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from nnlabs.config.schema import RunConfig

# Raised by one when the same settings no longer give the same numbers, so that old folders are not taken for new ones.
RECIPE = 1


def run_name(config: RunConfig) -> str:
    """The name of a run's folder: model, data and ten digits of the SHA-256 over all settings that count.

    Args:
        config: the run, its data set named (not `auto`).

    Example:
        >>> run_name(RunConfig(data=DataConfig(name="digits")))
        'mlp-digits-...'
    """
    facts = {"recipe": RECIPE, **identity(config)}
    own = own_file(config.model.name)
    if own is not None and own.is_file():  # an edited file is another network
        facts["model_source"] = hashlib.sha256(own.read_bytes()).hexdigest()
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    words = f"{config.model.name}-{config.data.name}"
    return f"{re.sub(r'[^A-Za-z0-9_]+', '-', words).strip('-')[-60:]}-{digest[:10]}"


def identity(config: DataclassInstance) -> dict[str, Any]:
    """The settings that decide what is computed, nested as in the config.

    Those marked `hashed=False` are left out, and those marked `hashed=WHEN_CHANGED` while they hold their default.

    Args:
        config: a configuration dataclass.
    """
    values = ((item.name, getattr(config, item.name)) for item in fields(config) if _counts(config, item))
    return {name: identity(value) if is_dataclass(value) else value for name, value in values}  # type: ignore[arg-type]


def _counts(config: DataclassInstance, item: Field[Any]) -> bool:
    hashed = item.metadata.get("hashed", True)
    return getattr(config, item.name) != item.default if hashed == WHEN_CHANGED else bool(hashed)
