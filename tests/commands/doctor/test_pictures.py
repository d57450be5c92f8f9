"""A run on a folder of pictures is examined wherever one stands, or told where to go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlabs.cli import main
from nnlabs.commands.doctor.pictures import find_pictures
from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
from nnlabs.data.image_files import pin_content
from nnlabs.errors import DataError
from nnlabs.runs.execute import execute
from nnlabs.runs.run import Run


def fill(folder: Path, shade: int = 0) -> None:
    """Two classes of pictures, dark ones and bright ones."""
    for number in range(24):
        place = folder / ("dark" if number % 2 else "bright")
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.full((32, 32), shade + number + (100 if number % 2 else 0), dtype=np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, in which one stands."""
    fill(tmp_path / "home" / "pets")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


def test_a_run_is_examined_from_elsewhere_where_its_pictures_lie_beside_the_results(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = DataConfig(name="folder:pets", validation_fraction=0.3)
    run = Run(RunConfig(data, ModelConfig("mlp", widths=(4,)), TrainConfig(epochs=3)), home / "results" / "lab")
    execute(run, show_progress=False)
    folder = str(run.folder)
    assert main(["doctor", folder]) == 0
    here = capsys.readouterr().out
    monkeypatch.chdir(home.parent / "elsewhere")
    assert main(["doctor", folder]) == 0
    assert capsys.readouterr().out == here
    (home / "pets").rename(home / "cats")
    assert main(["doctor", folder]) == 1
    said = capsys.readouterr().err
    place = Path("pets").absolute()
    assert said.startswith(
        f"error: {run.folder.name} learned from the pictures in pets, and there is no folder {place}; "
    )
    assert "go to the folder in which it was trained, or bring the pictures here, and ask again" in said
    assert "--data.name" not in said


def test_other_pictures_of_the_same_name_are_not_taken_for_the_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pin_content(DataConfig(name="folder:pets"))
    run = home / "results" / "lab" / "run"
    fill(home / "results" / "pets", shade=1)
    monkeypatch.chdir(home.parent / "elsewhere")
    assert find_pictures(data, run).name == f"folder:{home / 'pets'}"
    (home / "pets").rename(home / "cats")
    with pytest.raises(DataError, match="learned from the pictures in pets, and there is no folder"):
        find_pictures(data, run)


def test_pictures_at_an_absolute_path_are_to_be_brought_back_there(home: Path) -> None:
    data = DataConfig(name=f"folder:{home / 'none'}", content="0" * 16)
    with pytest.raises(DataError, match=rf"there is no folder {home / 'none'}; bring them back there$"):
        find_pictures(data, home / "run")
    assert find_pictures(DataConfig(name="digits"), home / "run") == DataConfig(name="digits")
