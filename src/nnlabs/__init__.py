"""nnlabs: four hands-on labs from which people learn neural networks, on one PyTorch core.

What scripts of one's own need, imported when it is first asked for, so that `import nnlabs` costs nothing:

    from nnlabs import DataConfig, ModelConfig, Run, RunConfig, TrainConfig, execute, load_run, run_lab
    from nnlabs.scratch import Tensor, MLP, Adam, gradcheck
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlabs.cli import run_lab
    from nnlabs.config.schema import DataConfig, ModelConfig, RunConfig, TrainConfig
    from nnlabs.runs.execute import execute
    from nnlabs.runs.lookup import load_run
    from nnlabs.runs.run import Run

__version__ = "0.1.0"
__all__ = ["DataConfig", "ModelConfig", "Run", "RunConfig", "TrainConfig", "execute", "load_run", "run_lab"]

_HOMES = {
    **dict.fromkeys(("DataConfig", "ModelConfig", "RunConfig", "TrainConfig"), "nnlabs.config.schema"),
    "Run": "nnlabs.runs.run",
    "execute": "nnlabs.runs.execute",
    "load_run": "nnlabs.runs.lookup",
    "run_lab": "nnlabs.cli",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
