"""What scripts of one's own import, and what that costs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import nnlabs


def test_every_public_name_is_there_and_no_other():
    for name in nnlabs.__all__:
        assert callable(getattr(nnlabs, name)), name
    with pytest.raises(AttributeError, match="has no attribute 'train'"):
        nnlabs.train  # noqa: B018


def test_the_engines_names_are_there():
    from nnlabs.scratch import MLP, Adam, Tensor, gradcheck

    x = Tensor([[1.0, 2.0]])
    gradcheck(lambda x: x.tanh().sum(), [x])
    model = MLP([2, 3, 1], np.random.default_rng(0))
    before = model(x).data.copy()
    model(x).sum().backward()
    Adam(model.parameters(), lr=0.1).step()
    assert model(x).data < before


def test_to_import_the_package_imports_nothing_heavy():
    code = (
        "import sys, nnlabs; sys.exit(any(name in sys.modules for name in ('numpy', 'torch', 'yaml', 'jsonargparse')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_run_is_loaded_by_its_folder(tiny, tmp_path):
    run = nnlabs.Run(tiny, tmp_path)
    result = nnlabs.execute(run, show_progress=False)
    stored = nnlabs.load_run(run.folder)
    assert (stored.config, stored.result) == (tiny, result)
