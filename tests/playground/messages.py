"""How tests speak to the playground's engine."""

from __future__ import annotations

from typing import Any

from nnlabs.playground.engine import Engine

FAST = {"n": 40, "layers": [{"units": 3, "activation": "tanh"}]}


def opened(engine: Engine, **settings_: Any) -> str:
    """An experiment that takes little time; its session's name."""
    return str(engine.ask({"type": "open", "settings": FAST | settings_})["session"])
