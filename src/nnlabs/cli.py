"""The `nnlabs` command: list the labs, run one, look after the data. Torch is imported only when a command needs it."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nnlabs import __version__
from nnlabs.config.describe import nearest
from nnlabs.errors import ConfigError, RunError, run_as_script
from nnlabs.paths import labs_dir

if TYPE_CHECKING:
    from nnlabs.labkit.display import LabPage

DESCRIPTION = """Hands-on labs from which people learn neural networks.

  nnlabs list                    the labs, and what each one asks
  nnlabs run LAB [options]       run a lab; --preset smoke|quick|full, --help for its options
  nnlabs train [options]         train one network, see how it learns, hear what the doctor says; --help for its options
  nnlabs predict RUN IMAGE ...   what a trained network takes your pictures for
  nnlabs reproduce [LAB ...]     run all labs, or these, one after another; --preset smoke|quick|full
  nnlabs report                  make one page of the results, to share; --preset, --output FILE
  nnlabs verify [LAB ...]        run smoke twice: are the bits equal, the metrics as the reference says?
  nnlabs runs [LAB ...]          all runs: what they are, how well they do, when; --csv for one table of them
  nnlabs check                   versions, device, threads, data, and how long the labs would take here
  nnlabs compare RUN_A RUN_B     two runs, or two presets of a lab, side by side: settings, numbers, a figure
  nnlabs playground              see a network think, in the browser; --port N, --no_browser
  nnlabs doctor RUN              what went wrong in a run, with the number that shows it, and what to try
  nnlabs predict-first LAB       say what a lab will show, then run it, and see how good you were
  nnlabs exercise list           functions to write yourself, with checks that say what is wrong
  nnlabs data list               the data sets, and which of them are here
  nnlabs data get NAME           download a data set, verify it, and put it in place
  nnlabs data verify [NAME]      check what is in place against the published checksums
  nnlabs data where [NAME]       print where data sets lie
"""

_HELP = ("-h", "--help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `nnlabs` command.

    Args:
        argv: command line without the program's name; default: `sys.argv[1:]`.

    Returns:
        The exit code: 0, or 2 for a mistake on the command line, 1 for anything else that went wrong, 130 after Ctrl-C.
    """
    return run_as_script(lambda: _dispatch(list(sys.argv[1:] if argv is None else argv)))


def _dispatch(arguments: list[str]) -> int | None:
    commands: dict[str, Callable[[list[str]], int | None]] = {
        "list": _list,
        "run": _run,
        "train": _train,
        "predict": _predict,
        "reproduce": _reproduce,
        "report": _report,
        "verify": _verify,
        "runs": _runs,
        "check": _check,
        "compare": _compare,
        "playground": _playground,
        "doctor": _doctor,
        "predict-first": _predict_first,
        "exercise": _exercise,
        "data": _data,
    }
    name, *rest = arguments or ["--help"]
    if name == "--version":
        print(f"nnlabs {__version__}")
        return None
    if name in _HELP or (name in ("list", "run") and rest and rest[0] in _HELP):
        print(DESCRIPTION, end="")
        return None
    if name not in commands:
        raise ConfigError(f"nnlabs {name}: no such command; {nearest(name, commands)}")
    return commands[name](rest)


def lab_files() -> dict[str, Path]:
    """The lab scripts by name: `labs/lab3_regularization.py` is `regularization`."""
    return {path.stem.partition("_")[2]: path for path in sorted(labs_dir().glob("lab*_*.py"))}


def run_lab(name: str, *words: object) -> LabPage | None:
    """Run a lab from Python; a notebook shows what it gives: sentences, tables and figures.

    Args:
        name: the lab's name.
        *words: the command line after it, such as `"--preset", "smoke"`; numbers and lists may be written as such.

    Returns:
        Where its results lie; None where it was asked for something else, as by `--summary` or `--help`.

    Raises:
        UserError: as the lab's command does.
    """
    from nnlabs.labkit.folder import claims_released

    page: LabPage | None = None
    try:
        with claims_released():
            page = _lab_module(name).run([str(word) for word in words])
    except SystemExit as end:
        if end.code:
            raise
    except ImportError as error:
        if "once per process" not in str(error):
            raise
        raise RunError(
            "torch was interrupted while it was imported, which it survives once only; restart Python"
        ) from error
    return page


def _lab_module(name: str) -> ModuleType:
    files = lab_files()
    if name not in files:
        raise ConfigError(f"nnlabs run {name}: no such lab; {nearest(name, files)}")
    return load_lab_module(files[name])


def _list(rest: list[str]) -> None:
    if rest:
        raise ConfigError(f"nnlabs list takes nothing more, but got {' '.join(rest)}")
    for name, path in lab_files().items():
        summary = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        print(f"{name:<16} {summary}")


def _run(rest: list[str]) -> int | None:
    if not rest or rest[0].startswith("-"):
        raise ConfigError(f"nnlabs run: which lab? {nearest('', lab_files())}")
    name, *options = rest
    code: int | None = _lab_module(name).main(options)
    return code


def _train(rest: list[str]) -> None:
    from nnlabs.commands.train.command import train_command

    train_command(rest)


def _predict(rest: list[str]) -> int:
    from nnlabs.commands.predict import predict_command

    return predict_command(rest)


def _reproduce(rest: list[str]) -> None:
    from nnlabs.commands.reproduce import reproduce_command

    reproduce_command(rest, lab_files())


def _report(rest: list[str]) -> None:
    from nnlabs.commands.report.page import report_command

    report_command(rest, lab_files())


def load_lab_module(path: Path) -> ModuleType:
    """Import a lab script, which lies outside the package, by its file.

    Args:
        path: the script.

    Returns:
        The module, registered in `sys.modules` so that its dataclasses can resolve their annotations.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _verify(rest: list[str]) -> None:
    from nnlabs.commands.verify import verify_command

    verify_command(rest, lab_files())


def _runs(rest: list[str]) -> None:
    from nnlabs.commands.runs import runs_command

    runs_command(rest)


def _check(rest: list[str]) -> None:
    from nnlabs.commands.check import check_command

    check_command(rest, lab_files(), run_lab)


def _compare(rest: list[str]) -> None:
    from nnlabs.commands.compare import compare_command

    compare_command(rest)


def _doctor(rest: list[str]) -> None:
    from nnlabs.commands.doctor.command import doctor_command

    doctor_command(rest)


def _playground(rest: list[str]) -> None:
    from nnlabs.playground.command import playground_command

    playground_command(rest)


def _predict_first(rest: list[str]) -> None:
    from nnlabs.commands.predict_first.command import predict_first_command

    predict_first_command(rest, lab_files())


def _exercise(rest: list[str]) -> int | None:
    from nnlabs.exercises.command import exercise_command

    return exercise_command(rest)


def _data(rest: list[str]) -> None:
    from nnlabs.commands.data import data_command

    data_command(rest)


if __name__ == "__main__":
    sys.exit(main())
