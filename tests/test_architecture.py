"""The rooms of the package and the arrows between them are those that README draws, and point down only."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from nnlabs.paths import PACKAGE, checkout

TOP = checkout()
README = (TOP / "README.md").read_text(encoding="utf-8") if TOP else ""
GROUND = {"__version__", "arrays", "console", "errors", "files", "paths", "records", "seeding", "tables", "units"}


def room_of(parts: tuple[str, ...]) -> str:
    """A room's name; a lab's folder counts as one of its own."""
    return ".".join(parts[:2]) if parts[0] == "labs" and len(parts) > 1 else parts[0]


def files() -> dict[Path, str]:
    assert TOP is not None
    package = {path: room_of(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    return package | dict.fromkeys((TOP / "labs").glob("*.py"), "scripts")


@cache
def imported(path: Path) -> set[tuple[str, ...]]:
    """The modules of this package that a file imports, as their parts."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    modules = [
        (*(node.module or "").split(".")[1:], alias.name)
        for node in nodes
        for alias in node.names
        if (node.module or "").split(".")[0] == "nnlabs"
    ]
    return {
        module[:-1]
        if len(module) > 1
        and not (PACKAGE.joinpath(*module).with_suffix(".py").exists() or PACKAGE.joinpath(*module).is_dir())
        else module
        for module in modules
    }


def arrows() -> set[tuple[str, str]]:
    found = {(room, room_of(module)) for path, room in files().items() for module in imported(path)}
    return {(caller, called) for caller, called in found if caller != called}


def test_no_lab_imports_another_and_nothing_below_knows_one() -> None:
    into_labs = {(caller, called) for caller, called in arrows() if called.startswith("labs.")}
    assert into_labs and all(caller == "scripts" for caller, _ in into_labs)


def test_ground_floor_imports_nothing_above_it() -> None:
    assert {called for caller, called in arrows() if caller in GROUND} <= GROUND
    assert {called for caller, called in arrows() if caller in ("scratch", "stats", "plotting")} <= GROUND


def test_arrows_are_those_of_the_readme() -> None:
    drawn = set()
    for caller, called in re.findall(r"^  (\w+) --> (.+)$", README, re.M):
        drawn |= {(caller, room) for room in called.split(" & ")}
    found = {(caller.partition(".")[0], called.partition(".")[0]) for caller, called in arrows()}
    shown = {
        (a, b)
        for a, b in found
        if a != b and b not in GROUND | {"config"} and a not in GROUND | {"config", "__main__", "__init__"}
    }
    assert drawn == shown


def test_no_two_files_import_each_other() -> None:
    names = {path.relative_to(PACKAGE).with_suffix("").parts: path for path in PACKAGE.rglob("*.py")}
    graph = {
        module: {other for other in imported(path) if other in names and other != module}
        for module, path in names.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) >= len(names)
