from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnlabs.paths import configs_dir


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the presets of a lab "demo", in a folder that stands in for the checkout's."""
    folder = tmp_path / "configs"
    folder.mkdir()
    monkeypatch.setattr("nnlabs.config.layers.configs_dir", lambda: folder)

    def write(text: str) -> None:
        (folder / "demo.yaml").write_text(text, encoding="utf-8")

    write("common: {}\n")
    return write


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab's file of presets, in which nothing but their names stands."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "demo.yaml").write_text("common: {}\nsmoke: {}\nquick: {}\nfull: {}\n")
    for path in configs_dir().glob("*.yaml"):
        (tmp_path / "configs" / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr("nnlabs.config.layers.configs_dir", lambda: tmp_path / "configs")
