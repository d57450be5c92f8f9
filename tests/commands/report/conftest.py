from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnlabs.cli import lab_files
from nnlabs.commands.report.page import make_page
from nnlabs.records import read_json, write_json

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# No sandbox: it does not start as root. Nothing that a browser does of its own accord may look like a request of the page.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def report(reproduced: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on all labs."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(make_page(reproduced[0], "smoke", lab_files()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def troubled(reproduced: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on results in which one lab is missing, and another one took a stand-in; its title holds a tag."""
    root = tmp_path_factory.mktemp("troubled")
    for lab in ("perceptron", "activations"):
        shutil.copytree(reproduced[0] / lab / "smoke", root / lab / "smoke")
    result = read_json(root / "perceptron" / "smoke" / "result.json")
    changes = {"stand_in_for": "fashion_mnist", "data": "Digits (stand-in for Fashion-MNIST) <script>alert(1)</script>"}
    write_json(root / "perceptron" / "smoke" / "result.json", result | changes)
    path = root / "report.html"
    path.write_text(make_page(root, "smoke", lab_files()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real browser without a window."""
    if CHROMIUM is None:
        pytest.skip("finds no chromium, with which the report is looked at; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
