from __future__ import annotations

import pytest

COMMON = """
common:
  data: {name: digits}
  train: {epochs: 5, lr: 1e-3}
  seeds: [0, 1]
smoke:
  train: {epochs: 1}
quick:
  train: {epochs: 2}
full:
  train: {epochs: 50}
"""


@pytest.fixture
def presets(tmp_path, monkeypatch):
    """Writes `demo.yaml` into a folder of presets that stands in for the checkout's."""
    monkeypatch.setattr("nnlabs.config.layers.configs_dir", lambda: tmp_path)

    def write(text: str = COMMON):
        path = tmp_path / "demo.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    write()
    return write
