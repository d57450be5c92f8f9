"""A network of a tenth of a second, for the commands that look at a finished run."""

from __future__ import annotations

import contextlib
import io
import shutil

import pytest

from nnlabs.cli import main
from tests.commands.small import QUICK


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of results with one run, called first, and what the command printed."""
    root, printed = tmp_path_factory.mktemp("results"), io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["train", *QUICK, "--name", "first", "--test", "true", "--results", str(root)]) == 0
    return root, printed.getvalue()


@pytest.fixture
def results(trained, tmp_path, monkeypatch):
    root = shutil.copytree(trained[0], tmp_path / "results")
    monkeypatch.setenv("NNLABS_RESULTS", str(root))
    return root
