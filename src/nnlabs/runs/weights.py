"""The weights that a finished run ended with, put into its network. It imports torch."""

from __future__ import annotations

from textwrap import shorten

from torch import nn

from nnlabs.errors import RunError
from nnlabs.runs.fingerprint import source_digest
from nnlabs.runs.run import Run
from nnlabs.training.checkpoint import UnusableCheckpointError, load_checkpoint


def check_unchanged(run: Run, what: str, name: str) -> None:
    """Insist that a file of one's own is the one that a run was trained with.

    Args:
        run: a run that has begun.
        what: under this name the run noted the file's digest, `model_source` or `optimizer_source`.
        name: the setting that names the file.

    Raises:
        RunError: it is another one.
    """
    noted = run.environment.get(what)
    if noted is not None and noted != source_digest(name):
        raise RunError(
            f"{name} was changed after {run.folder} was trained, whose weights belong to it as it was; "
            "bring that back, or train the new one"
        )


def load_weights(model: nn.Module, run: Run) -> None:
    """Give a network the weights of a run.

    Args:
        model: built by the run's settings; changed in place.
        run: a run that is done.

    Raises:
        RunError: where the checkpoint is damaged or gone, or the network's own file is another than when the run began.
    """
    check_unchanged(run, "model_source", run.config.model.name)
    try:
        model.load_state_dict(load_checkpoint(run.folder / "checkpoint.pt")["model"])
    except UnusableCheckpointError as error:
        raise RunError(f"{error}; move {run.folder} away, and make the run anew") from error
    except (KeyError, RuntimeError) as error:
        reason = shorten(str(error), 200, placeholder=" ...")
        raise RunError(
            f"{run.folder / 'checkpoint.pt'} does not fit the network {run.config.model.name} ({reason}); "
            f"move {run.folder} away, and make the run anew"
        ) from error
