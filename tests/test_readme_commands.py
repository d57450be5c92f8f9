"""Every command line and Python block of README and docs/ does what it says: run as written, only on the presets' smallest.

Each starts a process that imports torch, most of them run a lab: so they are marked slow. Two commands are too long for a test
and are run by `.ci/run` instead; one needs the network, or the real data.
"""

from __future__ import annotations

import math
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnlabs.paths import checkout, data_root
from tests.browser import CHROMIUM

TOP = checkout()
README = (TOP / "README.md").read_text(encoding="utf-8") if TOP else ""
PAGES = sorted((TOP / "docs").glob("*.md")) if TOP else []
TEXT = "\n".join([README, *(page.read_text(encoding="utf-8") for page in PAGES)])
LINES = list(
    dict.fromkeys(
        line.partition("  #")[0].strip()
        for block in re.findall(r"```bash\n(.*?)```", TEXT, re.S)[2:]
        for line in block.strip().splitlines()
    )
)
ON_A_CLUSTER = [line for line in LINES if line.startswith("dask") or "--sweep.scheduler" in line]
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.S)
OWN_FILES = {block.split()[1]: block for block in BLOCKS if block.startswith("# ")}
IN_TEXT = sorted({command for command in re.findall(r"`(nnlabs [^`]+)`", TEXT) if "&&" not in command})
BY_CI = {"nnlabs verify", "nnlabs reproduce [--preset smoke|quick|full] [LAB ...]"}
ONE_NETWORK = [line for line in LINES if "first" in line or line.startswith("nnlabs runs")]
SERVES = "nnlabs playground"  # until Ctrl-C: tests/playground/test_command.py
NEEDS_DATA = {"nnlabs data get", "nnlabs data get fashion_mnist"}
# Hours, and records of a class: tests/commands/predict_first/test_collect.py.
ELSEWHERE = {"nnlabs reproduce --preset full", "nnlabs predict-first --collect DIR"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader's folder: the files that the pages show, and images in one sub-folder a class."""
    from PIL import Image
    from sklearn.datasets import load_digits

    top = tmp_path_factory.mktemp("desk")
    for name, text in OWN_FILES.items():
        (top / name).write_text(text, encoding="utf-8")
    digits = load_digits()
    for i, (image, label) in enumerate(zip(digits.images[:900], digits.target, strict=False)):
        folder = top / "photos" / f"class {label}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 15).astype("uint8")).resize((20, 24)).save(folder / f"{i}.png")
    Image.fromarray((digits.images[3] * 15).astype("uint8")).resize((60, 60)).save(top / "three.png")
    return top


@pytest.fixture(scope="module")
def results(reproduced: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all labs' results, to which commands may add."""
    return shutil.copytree(reproduced[0], tmp_path_factory.mktemp("copy") / "results")


def run(words: list[str], desk: Path, **environment: str) -> str:
    """What a command says, when all is well; the labs' runs are small enough for one thread."""
    everything = os.environ | {"NNLABS_RESULTS": str(desk / "results"), "PYTHONIOENCODING": "utf-8"} | environment
    done = subprocess.run(words, cwd=desk, env=everything, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def nnlabs(command: str) -> list[str]:
    program, *words = shlex.split(command)
    assert program == "nnlabs"
    return [sys.executable, "-m", "nnlabs", *words]


# Of lab 3, which occurs most often, one run of every kind.
LAB_3 = """
seeds: [0]
train: {epochs: 1}
techniques: {plain: {}, L1: {train.l1: 0.1}}
strengths: {weight_decay: []}
sizes: {sizes: []}
topologies: {models: {mlp: {}}, seeds: 1, epochs: 1}
selection: {grid: {train.weight_decay: [1], model.dropout: [0.1]}, folds: 2, epochs: 1}
"""


def on_smoke(command: str, desk: Path) -> list[str]:
    """The command with the smallest preset, where it takes one; lab 3 smaller still."""
    if command.startswith("nnlabs train"):
        return nnlabs(command)
    (desk / "small.yaml").write_text(LAB_3)
    smaller = ["--config", str(desk / "small.yaml")] if "regularization" in command else []
    return [*nnlabs(re.sub(r" --preset \w+", "", command)), "--preset", "smoke", *smaller]


@pytest.mark.slow
@pytest.mark.parametrize("command", [line for line in LINES if line not in [*ON_A_CLUSTER, *ONE_NETWORK, SERVES]])
def test_command_lines(command: str, desk: Path) -> None:
    said = run(on_smoke(command, desk), desk)
    there = "about how long" if command == "nnlabs check" else str(desk / "results")
    assert ("preset: smoke" if "--print_config" in command else there) in said


@pytest.mark.slow
def test_one_network_is_trained_used_and_listed(desk: Path) -> None:
    train, predict, runs = ONE_NETWORK
    assert "Healthy: none of" in run(nnlabs(train), desk)
    predicted = run(nnlabs(predict), desk)
    assert re.fullmatch(r"three.png  (\w+ [\d.]+ %(, )?){3}\n", predicted)
    assert str(desk / "results" / "runs.csv") in run(nnlabs(runs), desk)
    (block,) = [block for block in BLOCKS if "load_run(" in block]
    printed = run([sys.executable, "-c", block], desk)
    assert printed.startswith(f"[[('{predicted.split()[1]}'") and "perceptron/smoke" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block not in OWN_FILES.values() and "load_run(" not in block]
)
def test_python_blocks(block: str, desk: Path) -> None:
    printed = run([sys.executable, "-c", block], desk).splitlines()
    if "execute(run)" in block:
        assert 0.5 < float(printed[-1]) <= 1
    elif "draw_graph" in block:
        assert (desk / "graph.png").read_bytes().startswith(b"\x89PNG")
        answer = math.tanh(0.8 * 1.5 - 0.5)
        assert float(printed[0].split()[-1]) == pytest.approx(2 * (answer + 0.2) * (1 - answer**2) * 1.5)
    else:
        assert float(printed[0].split()[-1]) < 1e-6
        assert printed[1] == "(3, 1)"


@pytest.mark.slow
@pytest.mark.parametrize("command", [line for line in IN_TEXT if line not in {SERVES} | BY_CI | NEEDS_DATA | ELSEWHERE])
def test_commands_in_the_text(command: str, results: Path, tmp_path: Path) -> None:
    runs = (results / "regularization").glob("*/checkpoint.pt")
    first, second = sorted(path.parent.name for path in runs)[:2]
    filled = command.replace("RUN_A RUN_B", f"{first} {second}").replace("RUN", first).replace("LAB", "perceptron")
    # The labs themselves have been run for the fixture: here, whether they would take this command line.
    ending = {"run": [] if "--" in filled.replace("--preset", "") else ["--print_config"]}
    ending["report"] = ["--preset", "smoke", "--output", str(tmp_path / "page.html")]
    words = nnlabs(filled)
    assert run([*words, *ending.get(words[3], [])], tmp_path, NNLABS_RESULTS=str(results))


@pytest.mark.parametrize("command", sorted(BY_CI))
def test_commands_too_long_for_a_test_are_run_by_ci(command: str) -> None:
    assert TOP is not None
    assert command in IN_TEXT
    assert command.partition(" [")[0] in (TOP / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.real_data
@pytest.mark.parametrize("command", sorted(NEEDS_DATA))
def test_commands_about_the_real_data(command: str, tmp_path: Path) -> None:
    assert command in IN_TEXT
    assert run(nnlabs(command), tmp_path, NNLABS_DATA=str(data_root()))


@pytest.mark.slow
def test_the_cluster_that_the_readme_starts_makes_a_lab(
    desk: Path, until: Callable[[Callable[[], bool]], None]
) -> None:
    pytest.importorskip("distributed", reason="needs the extra dask")
    scheduler, worker, lab = ON_A_CLUSTER
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"tcp://127.0.0.1:{port}"
    with started(f"{scheduler} --host 127.0.0.1 --port {port} --dashboard-address 127.0.0.1:0", desk):
        until(lambda: answers(port))
        with started(worker.replace("tcp://HOST:8786", here).replace("--nworkers 8", "--nworkers 1"), desk):
            command = lab.replace("tcp://HOST:8786", here).replace("/shared/results", str(desk / "shared"))
            said = run(on_smoke(command, desk), desk)
    assert str(desk / "shared") in said
    assert [*(desk / "shared" / "regularization").glob("smoke*/result.json")]


@contextmanager
def started(command: str, desk: Path) -> Iterator[None]:
    program, *words = shlex.split(command)
    assert program == "dask"
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words], cwd=desk, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=300)


def answers(port: int) -> bool:
    time.sleep(0.1)
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_figures_are_those_the_script_copies_and_small() -> None:
    from PIL import Image

    assert TOP is not None
    shown = re.findall(r'<img src="(?:docs/)?(figures/[^"]+)" width="\d+" alt="[^"]{20,}">', TEXT)
    assert TEXT.count("<img") == len(shown) == 8
    files = sorted((TOP / "docs" / "figures").iterdir())
    assert sorted(TOP / "docs" / name for name in shown) == files
    assert sum(file.stat().st_size for file in files) < 3_000_000
    for file in files:
        with Image.open(file) as image:
            image.load()


def test_the_documented_command_makes_every_figure(reproduced: tuple[Path, str], tmp_path: Path) -> None:
    assert TOP is not None
    for lab in ("perceptron", "activations", "regularization", "optimizers"):
        shutil.copytree(reproduced[0] / lab / "smoke", tmp_path / "results" / lab / "full")
    lab_3 = tmp_path / "results" / "regularization" / "full"
    # smoke has no half on wrong labels
    shutil.copy(lab_3 / "1_generalization_gap.png", lab_3 / "1_wrong_labels_gap.png")
    (tmp_path / "docs").mkdir()
    shutil.copy(TOP / "docs" / "figures.py", tmp_path / "docs")
    run([sys.executable, "docs/figures.py"], tmp_path)
    made = {path.name for path in (tmp_path / "docs" / "figures").iterdir()}
    assert made | {"playground.png"} == {path.name for path in (TOP / "docs" / "figures").iterdir()}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="finds no chromium; on Debian: apt-get install chromium")
def test_the_picture_of_the_playground_is_what_its_script_sees(tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    assert TOP is not None
    (tmp_path / "figures").mkdir()
    shutil.copy(TOP / "docs" / "playground.py", tmp_path)
    run([sys.executable, "playground.py"], tmp_path)
    new, shown = (Image.open(folder / "figures" / "playground.png") for folder in (tmp_path, TOP / "docs"))
    with new, shown:
        assert new.size == shown.size
        plane = (930, 135, 1250, 450)
        colors = [np.asarray(image.convert("RGB").crop(plane), float) for image in (new, shown)]
    # Of 255. With a network that has learned the spirals by halves they are off by 28.
    assert np.abs(colors[0] - colors[1]).mean() < 15


def test_the_glossary_names_figures_that_those_labs_draw(reproduced: tuple[Path, str]) -> None:
    assert TOP is not None
    glossary = (TOP / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [row.split(" | ") for row in re.findall(r"^\| (.+) \|$", glossary, re.M)[2:]]
    labs = ("perceptron", "activations", "regularization", "optimizers")
    for concept, where, _, figures in rows:
        folders = [reproduced[0] / labs[int(lab) - 1] / "smoke" for lab in re.findall(r"(?:^|; )(\d), ", where)]
        for name in re.findall(r"`([^`]+)`", figures):
            file = name if "." in name else f"{name}.png"
            assert any((folder / file).is_file() for folder in folders), f"{concept}: {name}"
    assert len(rows) >= 20
