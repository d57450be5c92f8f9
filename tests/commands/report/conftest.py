from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nnlabs.cli import lab_files
from nnlabs.commands.report.page import make_page
from nnlabs.records import read_json, write_json


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
    (root / "perceptron" / "smoke").rename(root / "perceptron" / "smoke-iris")
    result = read_json(root / "perceptron" / "smoke-iris" / "result.json")
    changes = {"stand_in_for": "fashion_mnist", "data": "Digits (stand-in for Fashion-MNIST) <script>alert(1)</script>"}
    write_json(root / "perceptron" / "smoke-iris" / "result.json", result | changes)
    path = root / "report.html"
    path.write_text(make_page(root, "smoke", lab_files()), encoding="utf-8")
    return path
