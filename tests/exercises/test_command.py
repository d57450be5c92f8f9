"""`nnlabs exercise` as a learner and a teacher use it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnlabs.cli import main
from nnlabs.exercises import command, watch
from nnlabs.exercises.catalog import NAMES, find
from nnlabs.exercises.checking import check_text
from nnlabs.exercises.expect import last_call, watched
from nnlabs.exercises.source import solution
from tests.exercises.typed import run, write

pytestmark = pytest.mark.usefixtures("desk")


def test_list_has_them_all(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if " min  " in line] == list(NAMES)
    assert "\033" not in out


def test_a_learners_way(capsys):
    assert run(capsys, "start", "cosine_warmup")[0] == 0
    code, out, _ = run(capsys, "check", "cosine_warmup")
    assert code == 1
    assert out.startswith("cosine_warmup: not begun. Write cosine_with_warmup in exercises")
    path = Path("exercises/cosine_warmup.py")
    blank = '    raise NotImplementedError("write cosine_with_warmup here")\n'
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(blank, "    return lr * t / warmup\n"), encoding="utf-8")
    assert run(capsys, "start", "cosine_warmup")[2].startswith(f"error: {path} is there already and is left as it is")
    code, out, _ = run(capsys, "check", str(path))
    assert code == 1
    assert out.startswith("cosine_warmup: not right yet; 0 of 4 checks pass.\n\nThe warm-up goes up in equal parts")
    assert "  input     t = 0, 1, 2, 3 with steps = 12, warmup = 4, lr = 0.8\n" in out
    assert "  expected  lr/4, 2 lr/4, 3 lr/4, lr: [0.2, 0.4, 0.6, 0.8]\n" in out
    assert "  got       [0. , 0.2, 0.4, 0.6]\n  allowed   off by at most 1e-09\n" in out
    assert "That is what comes out when the first step has a rate of 0." in out
    for level in (1, 2, 3, 3):
        assert run(capsys, "hint", "cosine_warmup")[1].startswith(f"Hint {level} of 3: ")
    assert "cosine_warmup          wrong: the first step has a rate of 0\n" in run(capsys, "progress")[1]
    path.write_text(solution(find("cosine_warmup")), encoding="utf-8")
    assert "the first step has a rate of 0, changed since\n" in run(capsys, "progress")[1]
    code, out, _ = run(capsys, "check", "cosine_warmup")
    assert code == 0
    assert out.startswith("cosine_warmup: right. All 4 checks passed.\n")
    assert "Next:             nnlabs exercise start lr_range" in out
    assert "1 of 26 passed: 15 of about " in run(capsys, "progress")[1]
    assert run(capsys, "solution", "cosine_warmup")[1] == solution(find("cosine_warmup"))


def test_a_half_written_file_and_an_error_of_the_learners(capsys):
    path = write("initialization.py", solution(find("initialization")))
    text = path.read_text(encoding="utf-8")
    he = "return sqrt(2 / n_in) * rng.standard_normal((n_in, n_out))"
    path.write_text(text.replace(he, "raise NotImplementedError"), encoding="utf-8")
    out = run(capsys, "check", "initialization")[1]
    assert out.startswith("initialization: so far, so good: 1 of 4 checks pass. Still to be written: he.")
    path.write_text(text.replace(he, "return rng.standard(n_in, n_out)"), encoding="utf-8")
    out = run(capsys, "check", "initialization")[1]
    line = next(i for i, its in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "rng.standard(" in its)
    assert f"  where     {path}, line {line}\n" in out
    assert "  got       AttributeError: 'numpy.random._generator.Generator' object has no attribute 'standard'" in out
    assert "  input     he(rng = Generator(PCG64)" in out


def test_only_the_learners_file_is_asked(capsys):
    write(
        "momentum.py", "from nnlabs.scratch.optim import Momentum\n\n\ndef change(self, g, memory):\n    return 0 * g\n"
    )
    code, out, _ = run(capsys, "check", "momentum")
    assert code == 1
    assert "not right yet; 1 of 7 checks pass" in out


def test_solution_asks_first(capsys, monkeypatch):
    answers = iter(["n", "yes"])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    code, out, _ = run(capsys, "solution", "adam")
    assert (code, out) == (1, "Not shown. Perhaps a hint? nnlabs exercise hint adam\n")
    assert run(capsys, "solution", "adam")[1] == solution(find("adam"))

    def end(question: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    assert run(capsys, "solution", "adam")[0] == 1
    assert run(capsys, "solution", "adam", "--yes")[1] == solution(find("adam"))


def test_watch_checks_on_every_save_until_it_is_right(capsys, monkeypatch):
    path = write("training_step.py", "def training_step(model, optimizer, loss, x, y):\n    return 0.0\n")

    def save(seconds: float) -> None:
        path.write_text(solution(find("training_step")), encoding="utf-8")

    monkeypatch.setattr(watch, "sleep", save)
    code, out, _ = run(capsys, "watch", "training_step")
    assert code == 0
    assert out.index("training_step: not right yet") < out.index("training_step: right. All 5 checks passed.")


def test_watch_outlives_a_save_that_cannot_be_read(capsys, monkeypatch):
    path = write("training_step.py", solution(find("training_step")))
    path.write_bytes("# L\u00f6sung\n".encode("latin-1"))
    saves = iter([path.unlink, lambda: path.write_text(solution(find("training_step")), encoding="utf-8")])
    monkeypatch.setattr(watch, "sleep", lambda seconds: next(saves)())
    code, out, error = run(capsys, "watch", "training_step")
    assert code == 0
    assert "is no text in UTF-8" in error
    assert "training_step: right." in out


def test_what_is_saved_during_a_check_is_not_what_was_checked(capsys, monkeypatch):
    path = write("momentum.py", solution(find("momentum")))
    check = command.check_file

    def save_meanwhile(exercise, file):
        report = check(exercise, file)
        path.write_text(path.read_text(encoding="utf-8") + "\nbroken\n", encoding="utf-8")
        return report

    monkeypatch.setattr(command, "check_file", save_meanwhile)
    assert run(capsys, "check", "momentum")[0] == 0
    assert "passed, changed since" in run(capsys, "progress")[1]


@pytest.mark.parametrize(
    "form",
    [
        "if True:\n{indented}",
        "try:\n{indented}\nexcept ImportError:\n    change = None",
        "{function}\nmine = change\ndel change\nchange: object = mine",
        "{function}\nchange, other = change, 2",
    ],
)
def test_a_function_may_be_bound_in_any_way(form):
    exercise = find("momentum")
    head, _, tail = solution(exercise).partition("def change(")
    function = "def change(" + tail
    indented = "\n".join(f"    {line}" if line else line for line in function.splitlines())
    report = check_text(exercise, head + form.format(function=function, indented=indented), "momentum.py")
    assert report.status == "passed", report


def test_a_bug_to_find(capsys):
    assert run(capsys, "bug", "adamw", "--number", "1")[0] == 0
    path = Path("exercises/bug_adamw.py")
    assert "the decay is put into the gradient" in run(capsys, "check", str(path))[1]
    path.write_text(solution(find("adamw")), encoding="utf-8")
    assert run(capsys, "check", str(path))[0] == 0
    # Mending somebody else's code is another exercise than writing it.
    assert "0 of 26 passed" in run(capsys, "progress")[1]
    assert "--number goes from 1 to 12, and is 0" in run(capsys, "bug", "adamw", "other", "--number", "0")[2]
    assert "--number goes from 1 to 12, and is 13" in run(capsys, "bug", "adamw", "other", "--number", "13")[2]


def test_one_who_stands_in_the_folder_of_exercises_finds_and_leaves_all_there(capsys, monkeypatch):
    Path("exercises").mkdir()
    monkeypatch.chdir("exercises")
    assert run(capsys, "start", "momentum")[0] == 0
    assert Path("momentum.py").is_file() and not Path("exercises").exists()
    run(capsys, "check", "momentum")
    assert "momentum" in run(capsys, "progress")[1]
    monkeypatch.chdir("..")
    assert run(capsys, "check", "momentum")[1].startswith("momentum: not begun")


def test_commands_in_written_files_work_from_where_they_were_written(capsys):
    for words, name in ((["write-check", "adam"], "check_adam.py"), (["bug", "adam"], "bug_adam.py")):
        assert run(capsys, *words)[0] == 0
        text = Path("exercises", name).read_text(encoding="utf-8")
        (line,) = (line for line in text.splitlines() if line.startswith("    nnlabs exercise"))
        action, file = line.split()[2:4]
        assert file == name
        code, out, err = run(capsys, action, file)
        assert (code, err) == (1, "") and out


def test_a_record_that_cannot_be_read_is_kept(capsys):
    path = write("adamw.py", solution(find("adamw")))
    record = path.with_name("progress.json")
    assert run(capsys, "check", str(path))[0] == 0
    record.write_text(
        "\ufeff" + record.read_text(encoding="utf-8"), encoding="utf-8"
    )  # as an editor on Windows leaves it
    assert run(capsys, "check", str(path))[0] == 0
    assert "1 of 26 passed" in run(capsys, "progress")[1]
    damaged = "<<<<<<< HEAD\n" + record.read_text(encoding="utf-8")
    record.write_text(damaged, encoding="utf-8")
    out = run(capsys, "check", str(path))[1]
    assert "notice: " in out and "kept as progress.json.unread" in out
    assert (path.parent / "progress.json.unread").read_text(encoding="utf-8") == damaged
    assert "1 of 26 passed" in run(capsys, "progress")[1]


@pytest.mark.slow
def test_a_division_that_loses_rows_is_no_fold(capsys):
    text = solution(find("k_fold"))
    path = write("k_fold.py", text)
    assert run(capsys, "check", str(path))[0] == 0
    body = "    order = np.random.default_rng(seed).permutation(len(y))\n    size = len(y) // folds\n"
    body += "    held = order[fold * size : (fold + 1) * size]\n    return np.setdiff1d(order, held), held\n"
    head = text[: text.index("def one_fold")]
    path.write_text(f"{head}def one_fold(y, fold, folds, seed):\n{body}", encoding="utf-8")
    out = run(capsys, "check", str(path))[1]
    assert "each row held out in some fold" in out and "the rest of the division is lost" in out


def test_the_message_shows_what_a_function_was_given_though_it_works_in_place():
    def softened(x):
        x -= x.max()
        return x

    given = np.array([0.0, 2.0])
    watched("softened", softened)(given)
    assert given.tolist() == [-2.0, 0.0]
    assert last_call() == "softened(x = [0., 2.])"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["start", "adm"], "error: there is no exercise 'adm'; did you mean 'adam'?"),
        (["check", "adam"], "error: there is no adam.py here or in exercises; `nnlabs exercise start adam` writes it"),
        (["check", "gone.py"], "error: there is no file gone.py here or in exercises"),
        (["check", "far/gone.py"], "error: there is no file far/gone.py"),
        (
            ["check", "pyproject.py"],
            "error: pyproject.py: which exercise is it? Name the file as the exercise; known are",
        ),
        (["progress"], "error: there is no folder exercises; `nnlabs exercise start perceptron_predict` makes it"),
        (["grade", "nowhere"], "error: there is no folder nowhere"),
    ],
)
def test_mistakes_on_the_command_line_are_sentences(capsys, words, message):
    Path("pyproject.py").write_text("x = 1\n")
    code, out, err = run(capsys, *words)
    assert code in (1, 2)
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_a_file_that_begins_with_a_byte_order_mark_is_read(capsys):
    path = Path("scalar_backward.py")
    path.write_text(solution(find("scalar_backward")), encoding="utf-8-sig")
    assert main(["exercise", "check", str(path)]) == 0
    assert "right" in capsys.readouterr().out


def test_a_file_of_another_name_is_known_by_its_first_line(capsys):
    write("homework (1).py", solution(find("cosine_warmup")), ".")
    assert run(capsys, "check", "homework (1).py")[0] == 0
