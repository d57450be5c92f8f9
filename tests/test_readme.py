"""The README says what is true of this checkout."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from nnlabs.cli import lab_files
from nnlabs.config.layers import PRESETS
from nnlabs.config.yaml_text import read_yaml
from nnlabs.data.catalog import IMAGE_SETS
from nnlabs.paths import PACKAGE, checkout, configs_dir

TOP = checkout()
README = (TOP / "README.md").read_text(encoding="utf-8") if TOP else ""
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", README, re.S) for line in block.strip().splitlines()]


def test_ci_runs_the_very_test_command_of_the_readme() -> None:
    assert TOP is not None
    pattern = re.search(r"grep -E '(.+)' README.md", (TOP / ".ci" / "run").read_text(encoding="utf-8"))
    assert pattern is not None
    found = [line for line in README.splitlines() if re.search(pattern.group(1), line)]
    assert found == [COMMANDS[1]]


def test_first_two_commands_are_complete_on_a_fresh_clone() -> None:
    for command in COMMANDS[:2]:
        first, second, third = command.split(" && ")
        assert first == "python3 -m venv .venv"
        assert second.startswith(".venv/bin/python -m pip install -e ")
        assert third.startswith(".venv/bin/")


def test_every_lab_is_in_the_table_with_its_command() -> None:
    assert set(re.findall(r"^\| \d `nnlabs run (\w+)` \|", README, re.M)) == set(lab_files())


def test_every_lab_has_the_three_presets() -> None:
    for name in lab_files():
        assert set(read_yaml(configs_dir() / f"{name}.yaml")) >= set(PRESETS)


def test_every_data_set_is_in_the_table() -> None:
    assert set(IMAGE_SETS) == set(re.findall(r"^\| `(\w+)` \|", README, re.M))


def test_architecture_names_every_room() -> None:
    assert TOP is not None
    rooms = {path.parent.name for path in (TOP / "src" / "nnlabs").glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^  (\w+)/ ", README, re.M))


def test_the_arrows_of_the_architecture_are_the_imports() -> None:
    assert TOP is not None
    drawn = set()
    for caller, called in re.findall(r"^  (\w+) --> (.+)$", README, re.M):
        drawn |= {(caller, room) for room in called.split(" & ")}
    files = [*(TOP / "labs").glob("*.py"), *PACKAGE.rglob("*.py")]
    found = {(room_of(file), room) for file in files for room in imported_rooms(file)}
    by_all = {"config", "errors", "files", "paths"}
    arrows = {(a, b) for a, b in found if a != b and b not in by_all and a not in {*by_all, "__main__"}}
    assert drawn == arrows


def room_of(file: Path) -> str:
    return Path(file.relative_to(PACKAGE).parts[0]).stem if file.is_relative_to(PACKAGE) else "labs"


def imported_rooms(file: Path) -> set[str]:
    found = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {node.module.split(".")[1] for node in found if (node.module or "").startswith("nnlabs.")}


def test_paths_in_the_readme_exist() -> None:
    assert TOP is not None
    for path in re.findall(r"`((?:src|configs|labs|tests|benchmarks|docs)/[\w/.]+)`", README):
        assert (TOP / path.replace("LAB", "regularization")).exists(), path
