from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.console import line_width, shell_line
from nnlabs.paths import PACKAGE
from nnlabs.records import read_json

SAID = "λ₁² = 90.2 ± 0.1 · 3 × 4 → ∞ – “é” 日本 \udcff"
PRINT = f"from nnlabs.errors import run_as_script; run_as_script(lambda: print({SAID!a}))"


def start(code: str, encoding: str = "utf-8", **options) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "PYTHONIOENCODING": encoding}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, **options)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", '?12 = 90.2 +- 0.1 * 3 x 4 -> ? - "e" ?? ?'),
        ("cp1252", "?1² = 90.2 ± 0.1 · 3 × 4 -> ? – “é” ?? ?"),
        ("utf-8", "λ₁² = 90.2 ± 0.1 · 3 × 4 → ∞ – “é” 日本 ?"),
    ],
)
def test_what_an_encoding_lacks_is_printed_as_the_nearest_that_it_has(encoding, expected):
    ended = start(PRINT, encoding)
    assert (ended.returncode, ended.stdout.decode(encoding).strip(), ended.stderr) == (0, expected, b"")


@pytest.mark.parametrize("close", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_swallow_what_is_printed(close):
    code = "import sys, tqdm\nfrom nnlabs.errors import run_as_script\n"
    code += "def main():\n  print('a', file=sys.stderr, flush=True); list(tqdm.tqdm([1], disable=None)); print('b'); return 7\n"
    code += "sys.exit(run_as_script(main))"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    command = f'"{sys.executable}" -c "$CODE" {close}'
    ended = subprocess.run(["sh", "-c", command], env={**environment, "CODE": code}, capture_output=True, text=True)
    assert (ended.returncode, "Traceback" in ended.stderr) == (7, False)


@pytest.mark.slow
def test_a_run_is_made_where_there_is_no_console(tmp_path):
    code = f"""
import sys
sys.stdout = sys.stderr = None
from nnlabs.config.schema import *
from nnlabs.runs.execute import execute
from nnlabs.runs.run import Run
run = Run(RunConfig(DataConfig("digits", train_size=100), ModelConfig(widths=(4,)), TrainConfig(epochs=1)), {tmp_path!r})
""".replace("PosixPath", "__import__('pathlib').Path")
    ended = start(code + "execute(run)")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert len(list(tmp_path.glob("*/result.json"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_lab_ends_well_whatever_the_consoles_encoding(encoding, tmp_path):
    code = f"""
import sys
from nnlabs.cli import main
sys.exit(main(["run", "perceptron", "--preset", "smoke", "--results", {str(tmp_path)!r}]))
"""
    ended = start(code, encoding)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert read_json(Path(tmp_path) / "perceptron" / "smoke" / "result.json")["acts"]


@pytest.mark.parametrize(("terminal", "width"), [("200", 100), ("80", 80), ("20", 60), (None, 100)])
def test_lines_are_as_long_as_the_terminal_and_in_a_file_always_the_same(monkeypatch, terminal, width):
    monkeypatch.setenv("COLUMNS", terminal or "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal is not None)
    assert line_width() == width


@pytest.mark.parametrize(
    ("system", "line"),
    [
        ("linux", "nnlabs run X --seeds '[0, 1]' --results 'my results'"),
        ("win32", 'nnlabs run X --seeds "[0, 1]" --results "my results"'),
    ],
)
def test_commands_are_quoted_as_the_systems_shells_take_them(monkeypatch, system, line):
    monkeypatch.setattr(sys, "platform", system)
    assert shell_line(["nnlabs", "run", "X", "--seeds", "[0, 1]", "--results", "my results"]) == line


def test_what_is_to_be_read_again_is_utf_8_in_a_file():
    done = start("from nnlabs.console import print_file; print_file('γ² = 3 → ü')", "cp1252")
    assert done.stdout.decode("utf-8") == "γ² = 3 → ü"
