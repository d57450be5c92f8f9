"""The learner's file, made out of the package's source; and the language of the checks."""

from __future__ import annotations

import ast
import builtins
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.exercises.catalog import NAMES, all_exercises, find
from nnlabs.exercises.exercise import needs, title_of
from nnlabs.exercises.solutions import SOLUTIONS, plugged_in
from nnlabs.exercises.source import origins, skeleton, solution
from nnlabs.paths import PACKAGE
from nnlabs.scratch.tensor import Tensor

ROOM = PACKAGE / "exercises"
CHECKS = sorted((ROOM / "checks").glob("[!_]*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_signature_and_docstring_stay_and_the_solution_goes(name: str) -> None:
    blank = ast.parse(skeleton(find(name)))
    for origin in origins(name):
        nodes = [node for node in ast.walk(blank) if getattr(node, "name", None) == origin.shown.name] or [
            node for node in ast.walk(blank) if getattr(node, "name", None) == origin.key
        ]
        functions = [
            node
            for node in ast.walk(nodes[-1])
            if isinstance(node, ast.FunctionDef) and node.name in (origin.node.name, origin.key)
        ]
        (function,) = functions
        assert [arg.arg for arg in function.args.args] == [arg.arg for arg in origin.node.args.args]
        assert ast.get_docstring(function) == ast.get_docstring(origin.node)
        body = function.body[1:] if ast.get_docstring(function) else function.body
        assert [type(statement) for statement in body] == [ast.Raise]


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_file_imports_all_that_its_signatures_name(name: str) -> None:
    tree = ast.parse(skeleton(find(name)))
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    bound = {alias.asname or alias.name for node in imports for alias in node.names} | set(dir(builtins))
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    signatures = [node.args for node in nodes if isinstance(node, ast.FunctionDef)]
    used = {node.id for arguments in signatures for node in ast.walk(arguments) if isinstance(node, ast.Name)}
    assert used <= bound


def test_the_solution_is_the_text_that_the_labs_run() -> None:
    module = (PACKAGE / "scratch" / "init.py").read_text(encoding="utf-8")
    text = solution(find("initialization"))
    for line in ("return sqrt(2 / (n_in + n_out)) * rng.standard_normal((n_in, n_out))", "return sqrt(2 / n_in) *"):
        assert line in module and line in text


def test_numpy_exercises_import_neither_torch_nor_scikit_learn_and_are_quick() -> None:
    names = [exercise.name for exercise in all_exercises() if not exercise.needs]
    assert {exercise.lab for exercise in all_exercises() if not exercise.needs} == {1, 2, 3, 4}
    assert len(names) >= 20
    script = """
import sys, time
from nnlabs.exercises.catalog import find
from nnlabs.exercises.checking import check_text
from nnlabs.exercises.source import skeleton, solution
slowest = 0.0
for name in sys.argv[1:]:
    began = time.process_time()
    exec(skeleton(find(name)), {"__name__": "blank"})
    assert check_text(find(name), solution(find(name)), "x.py").status == "passed", name
    slowest = max(slowest, time.process_time() - began)
    assert not {"torch", "sklearn", "matplotlib"} & set(sys.modules), name
print(slowest)
"""
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-c", script, *names], env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    assert float(done.stdout) < 1.0


@pytest.mark.parametrize("path", CHECKS, ids=[path.stem for path in CHECKS])
def test_no_check_is_without_words(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    for call in calls:
        if call.func.id in ("expect", "expect_close"):  # type: ignore[attr-defined]
            words, think = (call.args[1], call.args[3]) if call.func.id == "expect" else call.args[2:4]  # type: ignore[attr-defined]
            for text in (words, think):
                assert not (isinstance(text, ast.Constant) and len(str(text.value)) < 2), ast.unparse(call)


def test_each_check_says_what_it_checks_and_takes_what_the_learner_writes() -> None:
    assert {path.stem for path in CHECKS} == set(NAMES) == {path.stem for path in (ROOM / "sheets").glob("*.yaml")}
    for exercise in all_exercises():
        titles = [title_of(check) for check in exercise.checks]
        assert all(len(title) > 20 and title.endswith(".") for title in titles)
        assert len(set(titles)) == len(titles)
        asked = {name for check in exercise.checks for name in needs(check)}
        assert asked == set(SOLUTIONS[exercise.name])
        assert all(len(hint) > 30 for hint in exercise.hints) and len(exercise.why) > 40


def test_a_function_is_plugged_into_the_package_and_taken_out_again() -> None:
    seen = []

    def nothing(node: Tensor) -> None:
        seen.append(node)

    x = Tensor(3.0)
    with plugged_in("accumulate", nothing):
        (x * x).backward()
    assert len(seen) == 1
    (x * x).backward()
    assert (float(x.grad), len(seen)) == (6.0, 1)
