"""A lab with a learner's functions in it: it runs from a copy of this package in which they stand in place of its own.

A copy, because a function may be imported by name, entered into a table by its decorator, or run by workers in other processes:
only where it is defined it is replaced everywhere.
"""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnlabs.console import shell_line
from nnlabs.errors import ConfigError, RunError
from nnlabs.exercises.checking import is_assigned
from nnlabs.exercises.exercise import Exercise
from nnlabs.exercises.process import read_learners
from nnlabs.exercises.source import Origin, bug, origins, solution
from nnlabs.exercises.words import pasted
from nnlabs.paths import PACKAGE, configs_dir, data_root, labs_dir

GRACE_S = 5.0


def run_in_lab(exercise: Exercise, path: Path, options: Sequence[str], minutes: float, root: Path) -> Path:
    """Run the lab in which an exercise's functions can be seen at work, with those of a file; the code runs as it is.

    Args:
        exercise: which exercise it is.
        path: the learner's file.
        options: of the lab, such as `--preset smoke`.
        minutes: above 0, after which the lab is stopped, as with a mistake it may never end.
        root: folder of all results.

    Returns:
        The folder below which the results lie, apart from the lab's own; what an earlier version of the file left there is gone.

    Raises:
        ConfigError: where the lab refuses the options, or no time is left for it.
        RunError: where no lab shows it, the file lacks a function, or the lab does not end well.
    """
    if not minutes > 0:
        raise ConfigError(f"nnlabs exercise lab: --minutes must be more than 0, and is {minutes:g}")
    if not exercise.seen_in:
        raise RunError(
            f"{exercise.name} is not seen at work in a lab's figures; `nnlabs exercise check {pasted(path)}` tries it"
        )
    changed = with_functions(exercise, read_learners(path), str(path))
    results = root / f"with-{path.stem}"
    with tempfile.TemporaryDirectory(prefix="nnlabs-", ignore_cleanup_errors=True) as top:
        script = write_copy(Path(top), exercise.seen_in, changed)
        command = [sys.executable, str(script), *options, "--results", str(results)]
        environment = os.environ | {"PYTHONPATH": top, "NNLABS_DATA": str(data_root())}
        _insist_on_options(command, environment)
        if results.is_dir():
            shutil.rmtree(results)
        code = _wait(subprocess.Popen(command, env=environment), 60 * minutes)
    if code is None:
        raise RunError(
            f"the lab was stopped after {minutes:g} min; that is a symptom, too: see what it drew in {results}"
        )
    if code:
        raise RunError(f"the lab did not end well with {path} in it (exit code {code}); that is a symptom, too")
    return results / exercise.seen_in


def _insist_on_options(command: list[str], environment: Mapping[str, str]) -> None:
    """Refuse options that the lab refuses, before anything of an earlier run is gone."""
    asked = subprocess.run([*command, "--print_config"], env=environment, capture_output=True, encoding="utf-8")
    if asked.returncode == ConfigError.exit_code:
        raise ConfigError(asked.stderr.strip().removeprefix("error: "))


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The exit code of a process; None where it had to be stopped. Whatever ends the waiting ends the process, too."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        return None
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)  # on a terminal, Ctrl-C has reached the lab, too
        process.kill()
        process.wait()


def visible_mistakes(exercise: Exercise) -> list[int]:
    """The numbers, from 1, of the mistakes that change what the lab computes: those in a function that it calls."""
    healthy = _definitions(solution(exercise))
    planted = [_definitions(bug(exercise, mistake)) for mistake in exercise.mistakes]
    changed = [{name for name, text in healthy.items() if texts.get(name) != text} for texts in planted]
    return [number for number, names in enumerate(changed, start=1) if not names <= set(exercise.unseen)]


def _definitions(text: str) -> dict[str, str]:
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {node.name: ast.unparse(node) for node in nodes}


def describe_hunt(exercise: Exercise, path: Path) -> list[str]:
    """How to find a planted mistake by what it does to the lab, as lines.

    Args:
        exercise: which exercise it is.
        path: the file with the mistake.
    """
    return [
        f"{path} has one mistake in it. Do not read it yet: first see what it does to the lab {exercise.seen_in}.",
        "",
        f"  nnlabs run {exercise.seen_in} --preset smoke            healthy",
        f"  nnlabs exercise lab {pasted(path)} --preset smoke   with the mistake",
        "",
        "Which lessons, figures and numbers are different? What must be wrong, so that they come out like that? Then read,",
        "mend it, and",
        "",
        f"  nnlabs exercise check {pasted(path)}",
    ]


def describe_symptoms(results: Path, exercise: Exercise, path: Path, root: Path, options: Sequence[str]) -> list[str]:
    """Where to look after the lab has run, as lines.

    Args:
        results: from `run_in_lab`.
        exercise: which exercise it is.
        path: the file that was in the lab.
        root: folder of all results.
        options: those that the lab was run with.
    """
    check = f"Gradients, formulas:    nnlabs exercise check {pasted(path)}"
    found = sorted(results.glob("*/result.json"), key=lambda file: file.stat().st_mtime)
    if not found:  # as after the range test alone
        return [check]
    folder = found[-1].parent
    healthy = root / exercise.seen_in / folder.name
    compare = f"Beside the lab's own:   nnlabs compare {pasted(healthy)} {pasted(folder)}"
    run = f"The lab without it:     {shell_line(['nnlabs', 'run', exercise.seen_in, *options])}"
    lines = [compare] if healthy.is_dir() else [run, compare]
    runs = sorted(file.parent for file in results.glob("*/checkpoint.pt"))
    lines += [f"A run's illnesses:      nnlabs doctor {pasted(runs[0])}"] if runs else []
    return [*lines, check]


def with_functions(exercise: Exercise, text: str, file: str) -> dict[str, str]:
    """The package's modules, by dotted name, with a learner's functions in place of their own.

    Args:
        exercise: whose functions.
        text: of the learner's file.
        file: its name, for messages.

    Raises:
        RunError: where it cannot be read as Python, lacks a function, or has one that is a blank or no `def`.
    """
    try:
        learners = ast.parse(text)
    except SyntaxError as error:
        raise RunError(f"{file}, line {error.lineno}: Python cannot read this: {error.msg}") from error
    trees: dict[str, ast.Module] = {}
    for origin in origins(exercise.name):
        written = _written(learners, origin, exercise, file)
        tree = trees.setdefault(origin.module.name, ast.parse(origin.module.text))
        _replace(tree, origin, written)
    own = {name for origin in origins(exercise.name) for name in (origin.key, origin.shown.name)}
    for module, tree in trees.items():
        there = {ast.unparse(node) for node in tree.body}
        rest = [node for node in learners.body if not _is_left_out(node, own, module)]
        rest = _without_trials(rest, own)
        _add_rest(tree, [node for node in rest if ast.unparse(node) not in there])
    return {module: ast.unparse(tree) for module, tree in trees.items()}


def _written(learners: ast.Module, origin: Origin, exercise: Exercise, file: str) -> ast.FunctionDef:
    """What stands for a solution in the learner's file: as for Python, the last of that name."""
    written = _find(learners, origin.owner.name if origin.in_class and origin.owner else None, _name(origin))
    line = written.lineno if written else 0
    if is_assigned(origin.key, [node for node in learners.body if node.lineno > line]):
        kind = "class" if origin.in_class else "def"
        raise RunError(f"{origin.key} in {file} is defined by = or an import, not {kind}; write it as {kind}")
    if written is None or "raise NotImplementedError" in ast.unparse(written):
        raise RunError(f"{origin.key} in {file} is not written yet; `nnlabs exercise hint {exercise.name}` helps")
    return written


def _name(origin: Origin) -> str:
    """What a solution is called in the learner's file: a method in its class as here, else as in the table."""
    return origin.node.name if origin.in_class else origin.key


def _find(tree: ast.Module, owner: str | None, name: str) -> ast.FunctionDef | None:
    """A function of a module, or a method of one of its classes; of several, the last, which replaces the others."""
    bodies = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner]
    inside = tree.body if owner is None else [node for body in bodies[-1:] for node in body]
    return next((node for node in reversed(inside) if isinstance(node, ast.FunctionDef) and node.name == name), None)


def _replace(tree: ast.Module, origin: Origin, written: ast.FunctionDef) -> None:
    """Give a function of the package the arguments and the body of the learner's; name and decorators stay."""
    target = _find(tree, origin.owner.name if origin.owner else None, origin.node.name)
    assert target is not None
    target.args, target.body = written.args, written.body


def _is_left_out(node: ast.stmt, own: set[str], module: str) -> bool:
    """Whether a statement of the learner's file has no place in the module: the functions themselves, texts, its own imports."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name in own
    if isinstance(node, ast.ImportFrom):
        return node.module in ("__future__", module)
    return isinstance(node, ast.Expr)


def _without_trials(rest: list[ast.stmt], own: set[str]) -> list[ast.stmt]:
    """What the functions may need: imports, definitions, values. What tries the functions out runs before they are there.

    Args:
        rest: statements of the learner's file.
        own: names of the exercise's functions.
    """
    tried, before = set(own), 0
    while len(tried) > before:  # also what calls them by way of a helper, or uses what came out
        before = len(tried)
        tried |= {name for node in rest if _mentioned(node) & tried for name in _given(node)}
    definitions = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return [
        node
        for node in rest
        if isinstance(node, definitions) or not (isinstance(node, ast.Assert) or _mentioned(node) & tried)
    ]


def _mentioned(node: ast.stmt) -> set[str]:
    return {its.id for its in ast.walk(node) if isinstance(its, ast.Name) and isinstance(its.ctx, ast.Load)}


def _given(node: ast.stmt) -> set[str]:
    """The names to which a statement gives a value; of a definition, its own name."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    return {its.id for its in ast.walk(node) if isinstance(its, ast.Name) and isinstance(its.ctx, ast.Store)}


def _add_rest(tree: ast.Module, rest: list[ast.stmt]) -> None:
    """Put what else the learner wrote, such as helpers, before the module's first definition."""
    first = next(i for i, node in enumerate(tree.body) if isinstance(node, ast.FunctionDef | ast.ClassDef))
    tree.body[first:first] = rest


def write_copy(top: Path, lab: str, changed: Mapping[str, str]) -> Path:
    """Write a copy of the package, its labs and presets inside as in a wheel.

    Args:
        top: an empty folder.
        lab: name of a lab.
        changed: texts of modules that differ, by dotted name.

    Returns:
        The lab's script.
    """
    copy = top / PACKAGE.name
    no_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, copy, ignore=no_bytecode)
    for folder, name in ((labs_dir(), "_scripts"), (configs_dir(), "configs")):
        shutil.copytree(folder, copy / name, ignore=no_bytecode, dirs_exist_ok=True)
    for module, text in changed.items():
        top.joinpath(*module.split(".")).with_suffix(".py").write_text(text, encoding="utf-8")
    return next((copy / "_scripts").glob(f"lab*_{lab}.py"))
