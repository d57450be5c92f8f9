from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


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
