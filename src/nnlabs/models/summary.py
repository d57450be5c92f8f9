"""What a model is made of: shapes, parameters and multiply-adds, layer by layer."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Row:
    """One layer.

    Args:
        name: where it stands in the model, such as `blocks.0.attention`; empty for the model itself.
        kind: its class.
        output: shape of what it returns for one image, without the batch.
        parameters: numbers that it learns, without its inner layers'.
        multiply_adds: multiplications with an addition that one image costs, without its inner layers'; norms,
            activations and pooling have none.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    multiply_adds: int


def summarize(model: nn.Module, shape: tuple[int, int, int]) -> list[Row]:
    """Send one image through a copy of the model, on the CPU, and note what each layer does.

    Args:
        model: any module; it is left as it is.
        shape: channels, height and width of one image.

    Returns:
        In the order in which they return, the layers that learn something, multiply, or change the shape.

    Example:
        >>> from nnlabs.config.schema import ModelConfig
        >>> from nnlabs.models.build import build
        >>> [(row.kind, row.parameters) for row in summarize(build(ModelConfig("linear"), (1, 28, 28), 10), (1, 28, 28))]
        [('Flatten', 0), ('Linear', 7850)]
    """
    model = copy.deepcopy(model).cpu().eval()
    names = {layer: name for name, layer in model.named_modules()}
    shapes: dict[nn.Module, tuple[torch.Size, torch.Size]] = {}

    def note(layer: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
        before, after = _first_tensor((inputs, named)), _first_tensor(output)
        if before is not None and after is not None:
            shapes[layer] = before.shape[1:], after.shape[1:]

    for layer in names:
        layer.register_forward_hook(note, with_kwargs=True)
    costs = _count_multiply_adds(model, torch.zeros(1, *shape))
    rows = []
    for layer, (before, after) in shapes.items():
        inner = list(_called_within(layer, shapes))
        parameters = _count_parameters(layer) - sum(map(_count_parameters, inner))
        cost = costs[layer] - sum(costs[part] for part in inner)
        if parameters or cost or (before != after and not inner):
            rows.append(Row(names[layer], type(layer).__name__, tuple(after), parameters, cost))
    return rows


def _first_tensor(given: Any) -> Tensor | None:
    """The first tensor in what a layer is given or returns: one, or several in tuples, lists and dictionaries."""
    if isinstance(given, Tensor):
        return given
    inner = given.values() if isinstance(given, dict) else given if isinstance(given, tuple | list) else ()
    return next((found for found in map(_first_tensor, inner) if found is not None), None)


def _count_multiply_adds(model: nn.Module, image: Tensor) -> dict[nn.Module, int]:
    """Multiply-adds of each layer, its inner layers' included, for one forward pass."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), _plain_kernels(), counter:
        model(image)
    root = type(model).__name__
    counts = counter.get_flop_counts()
    # One multiply-add is two floating-point operations.
    return {
        layer: sum(counts.get(f"{root}.{name}" if name else root, {}).values()) // 2
        for name, layer in model.named_modules()
    }


@contextmanager
def _plain_kernels() -> Iterator[None]:
    """Without oneDNN's recurrent kernel and fused attention, which would hide their products from the counter."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    with warnings.catch_warnings(), ExitStack() as after:
        after.callback(torch.backends.mha.set_fastpath_enabled, fused)
        # Setting any flag of oneDNN makes torch warn of Intel GPUs' TF32.
        warnings.filterwarnings("ignore", message="TF32 acceleration")
        with torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH):
            yield


def _called_within(layer: nn.Module, called: Container[nn.Module]) -> Iterator[nn.Module]:
    """The outermost layers inside a layer that are called themselves; a ModuleList, say, is not."""
    for inner in layer.children():
        if inner in called:
            yield inner
        else:
            yield from _called_within(inner, called)


def _count_parameters(layer: nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())


def format_summary(rows: Sequence[Row]) -> str:
    """The rows as a table of plain text, with totals below.

    Args:
        rows: what `summarize` returned.
    """
    cells = [("layer", "kind", "output", "parameters", "multiply-adds")]
    cells += [
        (row.name, row.kind, " x ".join(map(str, row.output)), f"{row.parameters:,}", f"{row.multiply_adds:,}")
        for row in rows
    ]
    parameters, multiply_adds = sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)
    cells.append(("total", "", "", f"{parameters:,}", f"{multiply_adds:,}"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            text.ljust(width) if column < 3 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])
