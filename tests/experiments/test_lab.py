from __future__ import annotations

import json

import pytest
import yaml

from nnlabs.config.schema import LabConfig
from nnlabs.errors import RunError
from nnlabs.experiments.lab import close_lab, open_lab


def test_a_labs_folder_is_complete_only_when_it_is_closed(tmp_path):
    config = LabConfig(preset="smoke", results=str(tmp_path))
    folder = open_lab("demo", config)
    assert folder == tmp_path / "demo" / "smoke"
    assert yaml.safe_load((folder / "config.yaml").read_text()) == {"preset": "smoke", "results": str(tmp_path)}
    assert "python" in json.loads((folder / "environment.json").read_text())
    assert not (folder / "result.json").exists()
    close_lab(folder, {"test_accuracy": 0.9})
    assert json.loads((folder / "result.json").read_text()) == {"test_accuracy": 0.9}
    open_lab("demo", config)
    assert not (folder / "result.json").exists()


def test_a_folder_that_cannot_be_made_is_told_at_once(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(RunError, match="a part of that path is a file, not a folder; choose another folder"):
        open_lab("demo", LabConfig(results=str(tmp_path / "results")))
