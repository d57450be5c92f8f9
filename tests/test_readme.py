"""The README and the pages in docs/ say what is true of this checkout."""

from __future__ import annotations

import re

from nnlabs.cli import lab_files
from nnlabs.config.layers import PRESETS
from nnlabs.config.yaml_text import read_yaml
from nnlabs.data.catalog import IMAGE_SETS
from nnlabs.paths import checkout, configs_dir

TOP = checkout()
README = (TOP / "README.md").read_text(encoding="utf-8") if TOP else ""
PAGES = {path.name: path.read_text(encoding="utf-8") for path in (TOP / "docs").glob("*.md")} if TOP else {}
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
    assert set(IMAGE_SETS) == set(re.findall(r"^\| `(\w+)` \|", PAGES["guide.md"], re.M))


def test_architecture_names_every_room() -> None:
    assert TOP is not None
    rooms = {path.parent.name for path in (TOP / "src" / "nnlabs").glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^  (\w+)/ ", README, re.M))


def test_every_page_is_named_in_the_readme() -> None:
    assert set(PAGES) == set(re.findall(r"^\| \[[\w ]+\]\(docs/(\w+\.md)\) \|", README, re.M))


def test_paths_in_the_pages_exist() -> None:
    assert TOP is not None
    for path in re.findall(
        r"`((?:src|configs|labs|tests|benchmarks|docs)/[\w/.]+)`", "\n".join([README, *PAGES.values()])
    ):
        assert (TOP / path.replace("LAB", "regularization")).exists(), path
