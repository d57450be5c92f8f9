"""`nnlabs reproduce` on small labs of its own, in real processes: failures, what is skipped, Ctrl-C, and what the manifest says."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nnlabs.cli import lab_files, main
from nnlabs.commands.reproduce import Step, choose_labs, pictures

LAB = """
import os, sys, time
from pathlib import Path
from nnlabs.config.schema import LabConfig
from nnlabs.config.yaml_text import to_yaml
from nnlabs.labkit.folder import open_lab
from nnlabs.labkit.results import LabResult, Act, close_lab
from nnlabs.plotting.style import new_figure, save, title

NAME = Path(__file__).stem.partition("_")[2]
config = LabConfig(preset=sys.argv[2])
settings, name, stand_in_for = to_yaml(config), config.preset, os.environ.get("STAND_IN_FOR")
if stand_in_for:
    settings, name = f"{settings}data: {{name: mnist1d, stand_in_for: {stand_in_for}}}\\n", f"{name}-mnist1d"
if "--print_config" in sys.argv:
    print(settings, end="")
    sys.exit(0)
folder = open_lab(NAME, config, name)
(folder / "config.yaml").write_text(settings)
if NAME == "bad":
    sys.exit(3)
if NAME == "slow":
    try:
        print("waiting", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        (folder / "kept").touch()
        sys.exit(130)
for ending in ("png", "svg", "csv"):
    (folder / f"1_one.{ending}").write_text(NAME)
act = Act("One", ["It is."], {"answer": 42}, runs=3)
data = ("None", 5, "points", [0])
result = LabResult("Lab 9, demo: what?", *data, {"first": act}, [], (), {"none": "ab"}, stand_in_for)
close_lab(folder, result)
"""


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for labs, which the command takes for all there are; results go beside it."""
    folder = tmp_path / "labs"
    folder.mkdir()
    monkeypatch.setattr("nnlabs.cli.labs_dir", lambda: folder)
    monkeypatch.setenv("NNLABS_RESULTS", str(tmp_path / "results"))
    return folder


def manifest(labs: Path) -> dict:
    return json.loads((labs.parent / "results" / "manifest.json").read_text())["labs"]


def test_goes_on_past_a_lab_that_fails_and_says_so_at_the_end(labs, capfd):
    for name in ("lab1_bad", "lab2_good", "lab3_silent"):
        (labs / f"{name}.py").write_text(LAB if name != "lab3_silent" else "")
    assert main(["reproduce", "--preset", "smoke"]) == 1
    said = capfd.readouterr()
    assert said.err == (
        "error: not all labs ended well: bad: failed (exit code 3), silent: failed (no result.json); "
        "what they printed is above\n"
    )
    first, second = said.out.index("== lab 1 of 3: bad (smoke)"), said.out.index("== lab 2 of 3: good (smoke)")
    assert first < second < said.out.index("First: It is.") < said.out.index("== lab 3 of 3: silent (smoke)")
    assert "since the start" in said.out
    assert list(manifest(labs)) == ["good/smoke"]


@pytest.mark.slow
def test_what_is_complete_is_skipped_until_something_it_was_made_of_changes(labs, capfd, monkeypatch):
    (labs / "lab1_good.py").write_text(LAB)
    folder = labs.parent / "results" / "good" / "smoke"

    def skips() -> bool:
        assert main(["reproduce", "--preset", "smoke"]) == 0
        return "complete before" in capfd.readouterr().out

    assert not skips()
    assert skips()
    (folder / "1_one.svg").unlink()
    assert not skips()
    environment = json.loads((folder / "environment.json").read_text())
    for changed in ({"source": "other code"}, {"packages": {}}):
        (folder / "environment.json").write_text(json.dumps(environment | changed))
        assert not skips()
    (folder / "config.yaml").write_text("preset: smoke\nresults: null\nseed: 1\n")
    assert not skips()
    (folder / "result.json").unlink()
    assert not skips()
    assert skips()


def test_results_go_where_it_is_told_and_are_found_there_again(labs, capfd, tmp_path):
    (labs / "lab1_good.py").write_text(LAB)
    words = ["reproduce", "--preset", "smoke", "--results", str(tmp_path / "elsewhere")]
    assert main(words) == main(words) == 0
    printed = capfd.readouterr().out
    assert printed.count("complete before") == 2
    assert f"nnlabs report --preset smoke --results {tmp_path / 'elsewhere'}" in printed
    assert (tmp_path / "elsewhere" / "good" / "smoke" / "result.json").is_file()
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_stand_in_is_done_again_once_the_real_data_are_here(labs, capfd, monkeypatch):
    (labs / "lab1_good.py").write_text(LAB)
    monkeypatch.setenv("STAND_IN_FOR", "fashion_mnist")
    assert main(["reproduce", "--preset", "smoke"]) == main(["reproduce", "--preset", "smoke"]) == 0
    assert capfd.readouterr().out.count("complete before") == 2  # in the headline, and in the table at the end
    monkeypatch.delenv("STAND_IN_FOR")
    assert main(["reproduce", "--preset", "smoke"]) == 0
    assert "complete before" not in capfd.readouterr().out
    assert list(manifest(labs)) == ["good/smoke", "good/smoke-mnist1d"]


def test_the_manifest_tells_what_each_lab_was_made_of_and_what_it_made(labs):
    (labs / "lab1_good.py").write_text(LAB)
    assert main(["reproduce", "good", "--preset", "smoke"]) == main(["reproduce", "good"]) == 0
    entries = manifest(labs)
    assert list(entries) == ["good/quick", "good/smoke"]
    entry, folder = entries["good/smoke"], labs.parent / "results" / "good" / "smoke"
    assert entry["config"] == {"preset": "smoke", "results": None}
    assert (entry["seeds"], entry["checksums"], entry["runs"]) == ([0], {"none": "ab"}, 3)
    assert entry["metrics"] == {"first": {"answer": 42}}
    assert entry["environment"]["packages"]["numpy"]
    assert set(entry["files"]) == {path.name for path in folder.iterdir()}
    for name, digest in entry["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals between processes are a matter of POSIX")
@pytest.mark.parametrize(("number", "to_all", "code"), [(signal.SIGINT, True, 130), (signal.SIGTERM, False, 143)])
def test_whoever_stops_it_stops_the_lab_too_and_what_was_done_stays(labs, number, to_all, code):
    for name in ("lab1_good", "lab2_slow"):
        (labs / f"{name}.py").write_text(LAB)
    program = f"""
import sys, nnlabs.cli
from pathlib import Path
nnlabs.cli.labs_dir = lambda: Path({str(labs)!r})
sys.exit(nnlabs.cli.main(["reproduce", "--preset", "smoke"]))
"""
    command = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert command.stdout and command.stderr
    while command.stdout.readline() != "waiting\n":
        assert command.poll() is None
    (os.killpg if to_all else os.kill)(command.pid, number)
    assert command.wait(30) == code
    assert "Traceback" not in command.stderr.read()
    assert (labs.parent / "results" / "slow" / "smoke" / "kept").exists()
    assert list(manifest(labs)) == ["good/smoke"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nolab"], "there is no 'nolab'; known are a, b"),
        (["--preset", "smok"], "there is no 'smok'; did you mean 'smoke'?"),
    ],
)
def test_a_name_that_does_not_exist_is_told(words, message):
    from nnlabs.errors import ConfigError

    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        choose_labs("nnlabs reproduce", words, {"a": Path("a"), "b": Path("b")})


def test_labs_come_in_the_order_of_the_course():
    assert choose_labs("", ["b", "a"], {"a": Path("a"), "b": Path("b"), "c": Path("c")}) == (["a", "b"], "quick", None)


def test_every_lab_is_reproduced_whole_and_need_not_be_done_again(reproduced):
    root, printed = reproduced
    labs = json.loads((root / "manifest.json").read_text())["labs"]
    assert list(labs) == sorted(f"{name}/smoke" for name in lab_files())
    for number, (name, script) in enumerate(lab_files().items(), start=1):
        assert f"== lab {number} of {len(lab_files())}: {name} (smoke) · " in printed
        folder, entry = root / name / "smoke", labs[f"{name}/smoke"]
        result = json.loads((folder / "result.json").read_text())
        for act in result["acts"].values():
            assert act["title"] and act["findings"] and act["metrics"]
            assert act["figures"], f"{name}: act {act['number']} has no figure"
        assert set(pictures(result)) <= set(entry["files"])
        assert {path.suffix for path in folder.glob("[0-9]*")} <= {".png", ".svg", ".csv", ".gif"}
        assert entry["checksums"] and entry["seeds"] and entry["runs"] > 0 and entry["minutes"] > 0
        step = Step(name, script, "smoke", root)
        assert step.complete(step.settings())
