from __future__ import annotations

import os
import platform
import subprocess

import numpy
import pytest
import torch

from nnlabs import __version__
from nnlabs.paths import checkout
from nnlabs.runs.provenance import describe_environment


def test_a_result_tells_what_it_was_made_with():
    facts = describe_environment()
    assert facts["nnlabs"] == __version__
    assert facts["python"] == platform.python_version()
    assert facts["cores"] == os.cpu_count()
    assert facts["packages"]["numpy"] == numpy.__version__
    assert facts["packages"]["torch"] == torch.__version__.partition("+")[0]
    assert facts["processor"]


@pytest.mark.skipif(not (checkout() / ".git").exists(), reason="needs a git checkout")
def test_the_commit_is_gits():
    head = subprocess.run(
        ["git", "-C", checkout(), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout
    commit = describe_environment()["commit"].removesuffix("+changes")
    assert len(commit) == 12
    assert head.startswith(commit)
