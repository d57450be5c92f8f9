"""What an optimizer or a network of one's own remembers where no checkpoint looks, so that a killed run would go on without it."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer


def remembered_outside(model: nn.Module, optimizer: Optimizer) -> dict[str, bytes]:
    """All that both hold outside of what `state_dict()` has of them, as bytes by name, so that one sees what has changed.

    Of an optimizer its attributes, such as a count of steps, a generator, or another optimizer inside; of a network its buffers
    that are not persistent. What cannot be turned into bytes is left out.

    Args:
        model: whose parameters the optimizer moves; they count as kept, wherever they, or views of them, are held.
        optimizer: those of torch and of this package, and one that writes a `state_dict()` of its own, are trusted.
    """
    kept = model.state_dict()
    held: dict[str, Any] = {f"the buffer {name}": value for name, value in model.named_buffers() if name not in kept}
    own = type(optimizer).__module__.partition(".")[0] not in ("torch", "nnlabs")
    if own and type(optimizer).state_dict is Optimizer.state_dict:
        usual = {
            *vars(torch.optim.SGD([torch.zeros(1)], fused=True)),
            "_opt_called",
        }  # the last one by torch's schedulers
        held |= {f"self.{name}": value for name, value in vars(optimizer).items() if name not in usual}
    storages = {p.untyped_storage().data_ptr(): i for i, p in enumerate(model.parameters())}
    written = {name: _bytes_of(value, storages) for name, value in held.items()}
    return {name: content for name, content in written.items() if content is not None}


def changed_outside(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """The names of what is there after some steps, and was not, or not the same, before.

    Args:
        before: from `remembered_outside`, before training.
        after: the same after some steps.
    """
    return [name for name, content in after.items() if content != before.get(name)]


class _Pickler(pickle.Pickler):
    """Writes a parameter, or a view of it, as its number, since it is kept elsewhere, and a generator as its state."""

    def __init__(self, file: io.BytesIO, storages: Mapping[int, int]) -> None:
        super().__init__(file)
        self._storages = storages

    def persistent_id(self, obj: Any) -> bytes | int | None:
        if isinstance(obj, torch.Generator):
            return obj.get_state().numpy().tobytes()
        return self._storages.get(obj.untyped_storage().data_ptr()) if isinstance(obj, torch.Tensor) else None


def _bytes_of(value: Any, storages: Mapping[int, int]) -> bytes | None:
    file = io.BytesIO()
    try:
        _Pickler(file, storages).dump(value)
    except Exception:  # a function, an open file: pickle fails in many ways
        return None
    return file.getvalue()
