from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from nnlabs.config.own import load_own, own_mistakes_told, own_sources
from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig
from nnlabs.errors import ConfigError
from nnlabs.runs.fingerprint import run_name

DATACLASS = """
from __future__ import annotations
from dataclasses import dataclass, field
from typing import ClassVar, get_type_hints

@dataclass
class Net:
    shape: tuple[int, ...]
    classes: int = 3
    kinds: ClassVar[int] = 2

hints = get_type_hints(Net)
"""


def write(folder: Path, **files: str) -> Path:
    """Write files, `a__b` as a/b.py, and give the path of the first."""
    paths = [folder / f"{name.replace('__', '/', 1)}.py" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return paths[0]


def name_of(path: Path) -> str:
    return run_name(RunConfig(DataConfig("digits"), ModelConfig(f"{path}:Net")))


def test_a_dataclass_with_postponed_annotations_can_be_loaded(tmp_path):
    path = write(tmp_path, my_net=DATACLASS)
    net = load_own("model.name", f"{path}:Net")((1, 2))
    assert asdict(net) == {"shape": (1, 2), "classes": 3}
    assert load_own("model.name", f"{path}:hints")["classes"] is int


def test_a_file_that_is_called_like_a_library_hides_nothing(tmp_path):
    path = write(tmp_path, numpy="import numpy as np\nNet = np.float64\n")
    import numpy as np

    assert load_own("model.name", f"{path}:Net") is np.float64


def test_a_file_that_fails_leaves_nothing_behind(tmp_path):
    path = write(tmp_path, my_net="Net = 1\n\nNet = 1 / 0\n")
    with pytest.raises(ConfigError, match=r"model\.name: .*my_net\.py cannot be run, line 3: division by zero"):
        load_own("model.name", f"{path}:Net")
    path.write_text("Net = 5\n")
    assert load_own("model.name", f"{path}:Net") == 5


def test_modules_beside_it_can_be_imported_and_are_read_anew_when_edited(tmp_path):
    path = write(tmp_path, my_net="from my_parts_1 import Net\n", my_parts_1="Net = 1\n")
    assert load_own("model.name", f"{path}:Net") == 1
    (tmp_path / "my_parts_1.py").write_text("Net = 'another'\n")
    assert load_own("model.name", f"{path}:Net") == "another"


FILES = {
    "my_net": "import torch\nimport helper_a\nfrom pack import deep\nfrom pack.wide import x\nNet = 1\n",
    "helper_a": "def f():\n    import helper_b\n",
    "helper_b": "import my_net, helper_a\n",
    "pack__init": "",
    "pack____init__": "",
    "pack__deep": "from . import sister\nfrom .wide import x\n",
    "pack__wide": "x = 1\n",
    "pack__sister": "from .. import helper_a\nfrom ... import nothing\n",
    "stranger": "",
}


def test_all_modules_beside_it_that_are_imported_count_and_no_others(tmp_path):
    path = write(tmp_path, **FILES)
    found = [str(file.relative_to(tmp_path)) for file in own_sources(path)]
    expected = ["helper_a", "helper_b", "pack/__init__", "pack/deep", "pack/sister", "pack/wide"]
    assert found == ["my_net.py", *(f"{name}.py" for name in expected)]


@pytest.mark.parametrize("edited", [name for name in FILES if name not in ("stranger", "pack__init")])
def test_an_edited_module_is_another_run(edited, tmp_path):
    path = write(tmp_path, **FILES)
    before = name_of(path)
    assert name_of(path) == before
    write(tmp_path, stranger="edited = True\n")
    assert name_of(path) == before
    write(tmp_path, **{edited: FILES[edited] + "\nedited = True\n"})
    assert name_of(path) != before


def test_a_relative_path_and_a_file_with_a_mistake_are_no_hindrance(tmp_path, monkeypatch):
    write(tmp_path, my_net="import helper_c\nfrom .. import x\nfrom .... import y\n", helper_c="def broken(:\n")
    monkeypatch.chdir(tmp_path)
    assert own_sources(Path("my_net.py")) == [Path("my_net.py"), Path("helper_c.py")]


def test_a_file_that_ends_the_program_is_told(tmp_path):
    (tmp_path / "my_net.py").write_text("import sys\n\nsys.exit(0)\n")
    with pytest.raises(ConfigError, match=r"my_net\.py ends the program when it is run; put that under `if __name__"):
        load_own("model.name", f"{tmp_path}/my_net.py:Net")


TWO = """
class First:
    def step(self):
        return helper(self)

class Second(First):
    def step(self):
        return self.gone

def helper(x):
    return x.nothing
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("First", "First fails, .*, line 11: "),
        ("Second", "Second fails, .*, line 8: "),
        ("helper", "First or .*:Second fails, "),
    ],
)
def test_of_two_in_one_file_the_one_that_fails_is_named(tmp_path, name, told):
    path = tmp_path / "mine.py"
    path.write_text(TWO)
    own = load_own("train.optimizer", f"{path}:{name}")
    with (
        pytest.raises(ConfigError, match=rf"^train.optimizer: {path}:{told}"),
        own_mistakes_told(("train.optimizer", f"{path}:{each}") for each in ("First", "Second")),
    ):
        own(3) if name == "helper" else own().step()
