"""The page: its parts in `static/`, put together into one response that asks for nothing more."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from typing import Any

from nnlabs import __version__
from nnlabs.playground.examples import EXAMPLES
from nnlabs.playground.film import CLASS_COLORS
from nnlabs.playground.frames import BINS, INPUT_RANGE, curves
from nnlabs.playground.missions import MISSIONS
from nnlabs.playground.schedules import SCHEDULES
from nnlabs.playground.settings import CHOICES, ELEMENTWISE, Settings
from nnlabs.playground.sources import SOURCES
from nnlabs.scratch.activations import Activation
from nnlabs.scratch.init import INITS
from nnlabs.scratch.layers import Nonlinearity
from nnlabs.scratch.optim import OPTIMIZERS

# In the order in which they stand in the page: all share one scope.
MODULES = ("state", "engine", "tips", "paint", "network", "charts", "controls", "export", "lists", "main")


class Page:
    """The page as bytes, and the headers that every response has.

    Attributes:
        body: the page.
        headers: among them a policy that lets nothing run but this page's own script, and nothing be asked but this server.
    """

    def __init__(self) -> None:
        parts = files("nnlabs.playground") / "static"
        style = (parts / "style.css").read_text(encoding="utf-8")
        script = "\n".join((parts / f"{name}.js").read_text(encoding="utf-8") for name in MODULES)
        catalog = json.dumps(make_catalog(), ensure_ascii=False).replace("<", "\\u003c")
        script = f"const CATALOG = {catalog};\n{script}"
        html = (parts / "page.html").read_text(encoding="utf-8")
        self.body = html.replace("/* style */", style).replace("/* script */", script).encode()
        policy = (
            f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data: blob:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self.headers = {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def make_catalog() -> dict[str, Any]:
    """What the page offers: names, formulas, curves, missions and examples, all from the tables of the code."""
    return {
        "version": __version__,
        "defaults": asdict(Settings()),
        "choices": {name: list(known) for name, known in CHOICES.items()},
        "colors": list(CLASS_COLORS),
        "sources": {name: vars(source) for name, source in SOURCES.items()},
        "activations": {name: _activation(entry) for name, entry in ELEMENTWISE.items()},
        "inits": {name: _first_line(rule) for name, rule in INITS.items()},
        "optimizers": {name: f"{rule.__name__}: {_first_line(rule)}" for name, rule in OPTIMIZERS.items()},
        "schedules": {name: _first_line(rule) for name, rule in SCHEDULES.items()},
        "histogram": {"range": INPUT_RANGE, "bins": BINS},
        "missions": [
            {name: getattr(mission, name) for name in ("name", "title", "task", "hint", "lesson", "free")}
            | {"settings": asdict(mission.start)}
            for mission in MISSIONS
        ],
        "examples": [
            {"title": one.title, "good": one.good, "says": one.says, "settings": asdict(one.settings)}
            for one in EXAMPLES
        ],
    }


def _activation(entry: Activation) -> dict[str, Any]:
    facts = {name: getattr(entry, name) for name in ("title", "formula", "paper", "good", "bad")}
    return facts | curves(Nonlinearity(entry))


def _first_line(thing: Any) -> str:
    return str(thing.__doc__).partition("\n")[0]
