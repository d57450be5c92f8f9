"""Checkpoints: all that a killed run needs to go on, bit for bit, as if it had never been killed."""

from __future__ import annotations

import errno
import io
import pickle
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nnlabs.errors import RunError
from nnlabs.files import open_whole
from nnlabs.training.forgotten import changed_outside, remembered_outside
from nnlabs.training.loop import Callback, State


class UnusableCheckpointError(RunError):
    """A file that is damaged, or is the checkpoint of something else."""


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write tensors, numbers, texts, lists and dictionaries of these, whole or not at all.

    Args:
        path: the file.
        content: what to keep.

    Raises:
        RunError: where the file cannot be written; the one that was there before stays.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with open_whole(path, "wb") as file:
        file.write(buffer.getbuffer())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote, to the CPU; nothing in the file can run code (`weights_only=True`).

    Args:
        path: the file.

    Raises:
        UnusableCheckpointError: where the file is damaged, is no checkpoint, or holds code.
        RunError: where it cannot be read for another reason: the disk fails, memory is full.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch itself does not look at the checksums: it would load wrong weights
        if damaged:
            raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnusableCheckpointError(
            f"{path} is no checkpoint of ours (it holds more than tensors and plain values)"
        ) from error
    except FileNotFoundError as error:
        raise UnusableCheckpointError(f"{path} is no readable checkpoint (it is gone)") from error
    except (OSError, MemoryError) as error:
        if getattr(error, "errno", None) == errno.EINVAL:  # a place before the file's beginning: its front is gone
            raise UnusableCheckpointError(f"{path} is no readable checkpoint ({_reason(error)})") from error
        # the machine's fault, not the file's
        reason = getattr(error, "strerror", None) or "no memory is left"
        raise RunError(f"{path} cannot be read now ({reason}); mend that, and give the same command again") from error
    except Exception as error:  # a damaged file can fail at any place
        raise UnusableCheckpointError(f"{path} is no readable checkpoint ({_reason(error)})") from error
    if not isinstance(content, dict):
        raise UnusableCheckpointError(f"{path} is no checkpoint of a run")
    return content


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0]


@dataclass
class Checkpoint(Callback):
    """Go on from a file, and save to it after an epoch, at most once in `every_s` seconds, lest short epochs only write.

    Args:
        path: the file.
        callbacks: those whose state belongs into it.
        after_save: called with the state after each save, to bring files for readers up to date.
        every_s: seconds between two saves; a killed run loses at most these, or one epoch.
    """

    path: Path
    callbacks: Sequence[Callback]
    after_save: Callable[[State], None]
    every_s: float

    # After all whose state it keeps: they have begun afresh when it gives them back what was saved.
    order = 60

    def __post_init__(self) -> None:
        self._checked = False
        self._outside: dict[str, bytes] = {}
        self._start_clock()

    def _start_clock(self) -> None:
        self._seconds_before = 0.0
        self._started = self._saved = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds of training so far, in this process and the ones before it."""
        return self._seconds_before + time.perf_counter() - self._started

    def after_epoch(self, state: State) -> None:
        """Save, if the last save is long enough ago."""
        if time.perf_counter() - self._saved < self.every_s:
            return
        going_on = {
            "optimizer": state.optimizer.state_dict(),
            "callbacks": [callback.state_dict() for callback in self.callbacks],
        }
        if not self._checked:
            self._check(state)
        save_checkpoint(self.path, self._standing(state) | going_on)
        self.after_save(state)
        self._saved = time.perf_counter()

    def _check(self, state: State) -> None:
        """Insist that what is remembered can be kept, and read again, before hours are built on it."""
        optimizer, buffer = state.optimizer, io.BytesIO()
        if lost := changed_outside(self._outside, remembered_outside(state.model, optimizer)):
            raise RunError(
                f"{' and '.join(lost)}, which no checkpoint holds, changed while {type(state.model).__name__} was trained with "
                f"{type(optimizer).__name__}, so that a killed run could not go on as it was; an optimizer's memory belongs in "
                "self.state[p] or its groups, a network's in parameters and persistent buffers"
            )
        try:
            torch.save(optimizer.state_dict(), buffer)
            torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)
        except Exception as error:  # pickle fails in many ways
            found = re.search(r"GLOBAL (\S+)", str(error))
            raise RunError(
                f"{type(optimizer).__name__} remembers what no checkpoint can hold ({found[1] if found else _reason(error)}), so "
                "that a killed run could not go on; keep tensors, numbers, texts, lists and dictionaries of these in its state"
            ) from error
        self._checked = True

    def finish(self, state: State) -> None:
        """Save a finished run: what is only needed to go on is left out, which makes the file three times smaller.

        Args:
            state: with the weights that the run ends with.
        """
        save_checkpoint(self.path, self._standing(state))
        self.after_save(state)

    def _standing(self, state: State) -> dict[str, Any]:
        return {
            "epoch": state.epoch,
            "stop": state.stop,
            "kept_epoch": state.kept_epoch,
            "history": state.history,
            "model": state.model.state_dict(),
            "seconds": self.seconds,
        }

    def before_training(self, state: State) -> None:
        """Bring the state and the callbacks to where the file was saved; without a file, leave them at the start.

        Args:
            state: changed in place.

        Raises:
            UnusableCheckpointError: where the file is damaged, or was written for another network.
        """
        self._start_clock()
        self._outside = remembered_outside(state.model, state.optimizer)
        if not self.path.exists():
            return
        saved = load_checkpoint(self.path)
        try:
            state.model.load_state_dict(saved["model"])
            state.epoch, state.history = saved["epoch"], saved["history"]
            state.stop, state.kept_epoch = saved["stop"], saved["kept_epoch"]
            if "optimizer" in saved:  # absent when the run was finished
                _restore(state.optimizer, saved["optimizer"])
                for callback, own in zip(self.callbacks, saved["callbacks"], strict=True):
                    callback.load_state_dict(own)
            self._seconds_before = saved["seconds"]
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise UnusableCheckpointError(f"{self.path} belongs to another run ({_reason(error)})") from error


def _restore(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """As `load_state_dict`, which brings all memory to the type of its weight; here a mask stays a mask, a double a double."""
    optimizer.load_state_dict(saved)
    if type(optimizer).load_state_dict is not torch.optim.Optimizer.load_state_dict:
        return
    numbers = [number for group in saved["param_groups"] for number in group["params"]]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for number, parameter in zip(numbers, parameters, strict=True):
        if number in saved["state"]:
            optimizer.state[parameter] = _with_dtypes(optimizer.state[parameter], saved["state"][number])


def _with_dtypes(loaded: Any, saved: Any) -> Any:
    """What was loaded, to the device of its weight, but for tensors whose type that has changed."""
    if isinstance(saved, torch.Tensor):
        return loaded if loaded.dtype == saved.dtype else saved.to(loaded.device)
    if isinstance(saved, dict):
        return {name: _with_dtypes(loaded[name], value) for name, value in saved.items()}
    if isinstance(saved, (list, tuple)):
        return type(saved)(map(_with_dtypes, loaded, saved))
    return loaded
