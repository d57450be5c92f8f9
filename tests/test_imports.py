from __future__ import annotations

import os
import subprocess
import sys

from nnlabs.paths import PACKAGE

# Rooms from which a command may be answered at once, and the files of other rooms that they call.
LIGHT = (
    "config",
    "scratch",
    "stats",
    "plotting",
    "runs",
    "sweeps",
    "labkit",
    "labs",
    "exercises",
    "commands",
    "playground",
)
FILES = (
    "arrays",
    "cli",
    "console",
    "errors",
    "files",
    "paths",
    "records",
    "seeding",
    "tables",
    "units",
    "models.options",
    "training.names",
)
FILES += tuple(f"data.{name}" for name in ("auto", "catalog", "decode", "fetch", "image_files", "integrity", "tabular"))
# Imported by functions only: where the rooms that need torch meet, and an estimator of scikit-learn's kind.
HEAVY_FILES = {
    "runs.checks",
    "runs.inspect",
    "runs.learner",
    "runs.precision",
    "runs.predict",
    "runs.train",
    "runs.weights",
    "commands.doctor.probe",
    "commands.train.watch",
    "labs.perceptron.estimators",
}

SCRIPT = """
import importlib, sys
heavy = {"torch", "torchvision", "sklearn", "scipy", "matplotlib"}
for name in sys.argv[1:]:
    importlib.import_module(f"nnlabs.{name}")
    if heavy & set(sys.modules):
        sys.exit(f"nnlabs.{name} imports {', '.join(heavy & set(sys.modules))}")
"""


def test_what_answers_at_once_imports_nothing_heavy():
    files = [path for room in LIGHT for path in sorted((PACKAGE / room).rglob("[!_]*.py"))]
    names = [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in files]
    names = [*FILES, *(name for name in names if name not in HEAVY_FILES)]
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    ended = subprocess.run([sys.executable, "-c", SCRIPT, *names], env=environment, capture_output=True, text=True)
    assert ended.stderr == ""
    assert len(names) > 100
