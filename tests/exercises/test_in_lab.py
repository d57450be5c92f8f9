"""A lab with a learner's functions, or a planted mistake, in it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nnlabs.cli import lab_files, main
from nnlabs.errors import RunError
from nnlabs.exercises.catalog import NAMES, all_exercises, find
from nnlabs.exercises.in_lab import visible_mistakes, with_functions, write_copy
from nnlabs.exercises.source import bug, origins, skeleton, solution

SEEN = [exercise for exercise in all_exercises() if exercise.seen_in]


def definitions(text: str) -> list[str]:
    """The functions and classes of a module, without docstrings and types of arguments, which a learner's file has otherwise."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) and len(node.body) > 1:
            del node.body[0]
    return [ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def test_exercises_are_seen_in_labs_that_there_are() -> None:
    assert {exercise.seen_in for exercise in SEEN} == set(lab_files())
    assert len(SEEN) >= 15


@pytest.mark.parametrize("name", NAMES)
def test_with_the_solution_in_it_a_module_defines_what_it_did(name: str) -> None:
    exercise = find(name)
    changed = with_functions(exercise, solution(exercise), "solution.py")
    for origin in origins(name):
        before, after = origin.module.text, changed[origin.module.name]
        assert definitions(after) == definitions(before)
        known = {ast.unparse(node) for node in ast.parse(before).body}
        added = [node for node in ast.parse(after).body if ast.unparse(node) not in known]
        constants = [node for node in added if isinstance(node, ast.Assign | ast.AnnAssign)]
        assert len(constants) <= 1  # a copy of one that the module itself imports


@pytest.mark.parametrize("name", NAMES)
def test_every_planted_mistake_changes_the_module_it_belongs_to(name: str) -> None:
    exercise = find(name)
    healthy = with_functions(exercise, solution(exercise), "solution.py")
    for mistake in exercise.mistakes:
        changed = with_functions(exercise, bug(exercise, mistake), f"bug_{name}.py")
        assert changed != healthy, mistake.name
        for module, text in changed.items():
            compile(text, module, "exec")


def test_what_is_not_written_cannot_run_in_a_lab() -> None:
    exercise = find("novikoff")
    with pytest.raises(RunError, match=r"margin_of in novikoff\.py is not written yet"):
        with_functions(exercise, skeleton(exercise), "novikoff.py")
    with pytest.raises(RunError, match=r"bound in mine\.py is not written yet"):
        with_functions(exercise, "def margin_of(w, X, y):\n    return 1.0\n", "mine.py")
    with pytest.raises(RunError, match=r"mine\.py, line 1: Python cannot read this"):
        with_functions(exercise, "def margin_of(", "mine.py")


def test_of_several_definitions_the_last_runs_as_in_python() -> None:
    text = solution(find("perceptron_update"))
    twice = "def correct(self, x, y):\n    self.w = 0 * x\n\n\n"
    changed = with_functions(find("perceptron_update"), text.replace("def correct(", f"{twice}def correct("), "mine.py")
    assert changed == with_functions(find("perceptron_update"), text, "mine.py")
    adamw = solution(find("adamw"))
    earlier = "class AdamW(Adam):\n    def step(self):\n        super().step()\n\n\n"
    changed = with_functions(find("adamw"), adamw.replace("class AdamW(", f"{earlier}class AdamW("), "mine.py")
    assert changed == with_functions(find("adamw"), adamw, "mine.py")


def test_what_is_given_by_an_assignment_is_to_be_written_as_def() -> None:
    text = solution(find("activations"))
    renamed = text.replace("def tanh(", "def _t(") + "\n\ntanh = _t\n"
    message = r"tanh in mine\.py is defined by = or an import, not def; write it as def"
    for assigned in (renamed, text + "\n\ntanh = np.vectorize(tanh)\n"):
        with pytest.raises(RunError, match=message):
            with_functions(find("activations"), assigned, "mine.py")


def test_a_helper_of_the_learners_comes_along() -> None:
    text = solution(find("perceptron_update")).replace("self.b += y", "self.b += only(y)")
    changed = with_functions(find("perceptron_update"), text + "\n\ndef only(y):\n    return y\n", "mine.py")
    (module,) = changed.values()
    assert module.index("def only(y)") < module.index("class Unit")


def test_lines_that_try_the_functions_out_stay_behind() -> None:
    trials = (
        "LIMIT = float('inf')\n\n\ndef tried(losses):\n    return best_epoch(losses)\n\n\n"
        "assert best_epoch([0.5, 0.4, 0.6]) == 2\nassert LIMIT > 0\nfound = tried([0.5])\nprint(found)\n"
        "for n in range(found):\n    print(n)\nif __name__ == '__main__':\n    print(is_over([1.0], 1))\n"
    )
    text = solution(find("early_stopping")).replace("math.inf, 0", "LIMIT, 0")
    (module,) = with_functions(find("early_stopping"), f"{text}\n\n{trials}", "mine.py").values()
    there: dict[str, Any] = {"__name__": "patience"}
    exec(compile(module, "patience.py", "exec"), there)
    assert there["best_epoch"]([0.5, 0.4, 0.6]) == 2 == there["tried"]([0.5, 0.4])
    assert "assert" not in module and "found = tried" not in module and "range(found)" not in module


@pytest.fixture
def desk(reproduced: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder; the healthy lab's results are in it, those with mistakes are added."""
    for file in ("result.json", "config.yaml"):
        target = tmp_path / "results" / "perceptron" / "smoke" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((reproduced[0] / "perceptron" / "smoke" / file).read_bytes())
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "results"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def metrics(folder: Path) -> dict[str, object]:
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return {act: facts["metrics"] for act, facts in result["acts"].items()}


@pytest.mark.slow
def test_a_bug_is_seen_in_the_lab_and_a_right_function_is_not(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["exercise", "bug", "novikoff", "--number", "3", "--lab"]) == 0
    planted = Path("exercises", "bug_novikoff.py")
    assert f"nnlabs exercise lab {planted} --preset smoke" in capfd.readouterr().out
    assert main(["exercise", "lab", str(planted), "--preset", "smoke", "--results", "elsewhere"]) == 0
    assert Path("elsewhere", "with-bug_novikoff", "perceptron", "smoke", "result.json").is_file()
    # the mean margin is taken for the smallest, so that too few mistakes are allowed
    assert "contradicted: In no order of the flowers are there more mistakes" in capfd.readouterr().out
    right = Path("exercises", "novikoff.py")
    right.write_text(solution(find("novikoff")), encoding="utf-8")
    assert main(["exercise", "lab", "novikoff", "--preset", "smoke"]) == 0
    results = desk / "results"
    healthy, mine = (results / name / "perceptron" / "smoke" for name in (".", "with-novikoff"))
    assert metrics(mine) == metrics(healthy)
    assert f"nnlabs compare {healthy} {mine}" in capfd.readouterr().out
    assert main(["compare", str(healthy), str(mine)]) == 0


def test_options_that_the_lab_refuses_cost_no_results(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("exercises").mkdir()
    Path("exercises", "novikoff.py").write_text(solution(find("novikoff")), encoding="utf-8")
    earlier = desk / "results" / "with-novikoff" / "perceptron" / "smoke" / "result.json"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("{}")
    assert main(["exercise", "lab", "novikoff", "--preset", "smok"]) == 2
    assert capfd.readouterr().err.startswith("error: ") and earlier.is_file()
    assert main(["exercise", "lab", "novikoff", "--print_config"]) == 0  # makes no results, and says so
    assert "nnlabs exercise check" in capfd.readouterr().out


def test_a_lab_that_does_not_end_is_stopped_and_said(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    endless = Path("exercises", "novikoff.py")
    endless.parent.mkdir()
    text = solution(find("novikoff")).replace(
        "    return (self.radius", "    while True:\n        pass\n    return (self.radius"
    )
    endless.write_text(text, encoding="utf-8")
    assert "while True" in text
    assert main(["exercise", "lab", "--minutes", "0.1", "novikoff", "--preset", "smoke"]) == 1
    assert "the lab was stopped after 0.1 min" in capfd.readouterr().err


@pytest.mark.parametrize("minutes", ["-1", "0", "nan"])
def test_a_lab_with_no_time_is_refused_before_anything_of_the_last_one_goes(
    minutes: str, desk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["exercise", "start", "novikoff"]) == 0
    kept = Path("results", "with-novikoff", "kept.txt")
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert main(["exercise", "lab", "--minutes", minutes, "novikoff", "--preset", "smoke"]) == 2
    assert f"--minutes must be more than 0, and is {minutes}" in capfd.readouterr().err
    assert kept.exists()


@pytest.mark.slow
@pytest.mark.parametrize("lab", list(lab_files()))
def test_a_lab_calls_the_functions_that_are_seen_in_it_and_no_others(lab: str, tmp_path: Path) -> None:
    seen = [exercise for exercise in SEEN if exercise.seen_in == lab]
    trees = {origin.module.name: ast.parse(origin.module.text) for entry in seen for origin in origins(entry.name)}
    for exercise in seen:
        for origin in origins(exercise.name):
            body = next(
                node.body
                for node in ast.walk(trees[origin.module.name])
                if isinstance(node, ast.FunctionDef) and node.lineno == origin.node.lineno
            )
            body[:0] = ast.parse(f"open({str(tmp_path / f'called {exercise.name} {origin.key}')!r}, 'a').close()").body
    top = tmp_path / "copy"
    top.mkdir()
    script = write_copy(top, lab, {name: ast.unparse(tree) for name, tree in trees.items()})
    command = [sys.executable, str(script), "--preset", "smoke", "--results", str(tmp_path / "results")]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(top)}, check=True, stdout=subprocess.DEVNULL)
    called = {tuple(path.name.split()[1:]) for path in tmp_path.glob("called *")}
    functions = {(entry.name, origin.key) for entry in seen for origin in origins(entry.name)}
    assert functions - called == {(entry.name, key) for entry in seen for key in entry.unseen}


def test_mistakes_in_functions_that_the_lab_does_not_call_are_not_hunted_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert visible_mistakes(find("penalties")) == [6, 7, 8, 9, 10, 11, 12, 13]
    assert visible_mistakes(find("split")) == [9, 10, 11, 12, 13, 14, 15, 16]
    assert all(len(visible_mistakes(entry)) == len(entry.mistakes) for entry in SEEN if not entry.unseen)
    monkeypatch.chdir(tmp_path)
    assert main(["exercise", "bug", "penalties", "--number", "2", "--lab"]) == 2
    assert (
        "the lab regularization shows mistakes [6, 7, 8, 9, 10, 11, 12, 13] of penalties, and not 2"
        in capsys.readouterr().err
    )
    assert not Path("exercises").exists()


def test_what_no_lab_shows_is_told(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exercise", "bug", "cosine_warmup", "--lab"]) == 2
    assert "no lab's figures show cosine_warmup at work" in capsys.readouterr().err
    assert not Path("exercises").exists()
