"""What the tests run on each entry of the table of operations: the operation, the same in torch, and shapes to try it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from nnlabs.scratch import layer_rules
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.losses import LOSSES, l2_penalty
from nnlabs.scratch.tensor import Tensor, apply, concatenate, stack, where

ROWS = np.array([0, 2, 2, 1])
MASK = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, True]])


@dataclass(frozen=True)
class Case:
    """`ours` and `theirs` compute the same from tensors of the given shapes; `draw` says between which numbers they lie."""

    operation: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    draw: tuple[float, float] = (-2.0, 2.0)

    def inputs(self, dtype: Any = np.float64, seed: int = 0) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        return [rng.uniform(*self.draw, shape).astype(dtype) for shape in self.shapes]

    def __str__(self) -> str:
        return f"{self.operation}-{'-'.join(map(str, self.shapes))}"


def same(operation: str, function: Callable[..., Any], *shapes: tuple[int, ...], draw: Any = (-2.0, 2.0)) -> Case:
    """A case that is written alike in both libraries."""
    return Case(operation, function, function, shapes, draw)


POSITIVE = (0.3, 2.0)
BROADCAST = [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (4, 1))]
AXES: list[Any] = [
    (None, False),
    (0, False),
    (1, True),
    (-1, False),
    ((0, 2), False),
    ((0, 1), True),
    (None, True),
    ((-1, 0), False),
    ((-2, -1), True),
]

OPERATIONS = [
    *(same("add", lambda a, b: a + b, *shapes) for shapes in BROADCAST),
    *(same("sub", lambda a, b: a - b, *shapes) for shapes in BROADCAST),
    *(same("mul", lambda a, b: a * b, *shapes) for shapes in BROADCAST),
    *(same("div", lambda a, b: a / b, *shapes, draw=POSITIVE) for shapes in BROADCAST),
    *(same("power", lambda a, b: a**b, *shapes, draw=POSITIVE) for shapes in BROADCAST),
    same("power", lambda a: a**3, (3, 4)),
    same("power", lambda a: a**-2, (3, 4), draw=POSITIVE),
    same("power", lambda a: 1.5**a, (3, 4)),
    same("add", lambda a: 2 + a, (3,)),
    same("sub", lambda a: 2 - a, (3,)),
    same("mul", lambda a: 2 * a, (3,)),
    same("div", lambda a: 2 / a, (3,), draw=POSITIVE),
    same("neg", lambda a: -a, (3, 4)),
    same("exp", lambda a: a.exp(), (3, 4)),
    same("log", lambda a: a.log(), (3, 4), draw=POSITIVE),
    same("sqrt", lambda a: a.sqrt(), (3, 4), draw=POSITIVE),
    same("absolute", lambda a: a.abs(), (3, 4)),
    same("absolute", abs, ()),
    same("relu", lambda a: a.relu(), (3, 4)),
    same("tanh", lambda a: a.tanh(), (3, 4)),
    same("clip", lambda a: a.clip(-0.5, 1.0), (3, 4)),
    same("clip", lambda a: a.clip(None, 0.5), (3, 4)),
    *(
        Case("where", lambda a, b: where(MASK, a, b), lambda a, b: torch.where(torch.tensor(MASK), a, b), shapes)
        for shapes in [((3, 4), (3, 4)), ((3, 4), ()), ((4,), (3, 1))]
    ),
    *(same("sum_over", lambda a, i=axis, k=keep: a.sum(axis=i, keepdims=k), (2, 3, 4)) for axis, keep in AXES),
    *(same("mean_over", lambda a, i=axis, k=keep: a.mean(axis=i, keepdims=k), (2, 3, 4)) for axis, keep in AXES),
    *(
        Case(
            f"{name}_over",
            lambda a, i=axis, k=keep, n=name: getattr(a, n)(axis=i, keepdims=k),
            lambda a, i=axis, k=keep, n=name: getattr(torch, f"a{n}")(a, dim=() if i is None else i, keepdim=k),
            ((2, 3, 4),),
        )
        for name in ("max", "min")
        for axis, keep in AXES
    ),
    *(
        same("matmul", lambda a, b: a @ b, *shapes)
        for shapes in [
            ((3, 4), (4, 5)),
            ((4,), (4,)),
            ((4,), (4, 5)),
            ((3, 4), (4,)),
            ((2, 3, 4), (2, 4, 5)),
            ((2, 3, 4), (4, 5)),
            ((3, 4), (2, 4, 5)),
            ((2, 1, 3, 4), (5, 4, 2)),
            ((4,), (2, 4, 5)),
            ((2, 3, 4), (4,)),
        ]
    ),
    *(
        Case("linear", lambda x, W, b: apply(layer_rules.linear, x, W, b), lambda x, W, b: F.linear(x, W.T, b), shapes)
        for shapes in [((5, 3), (3, 2), (2,)), ((3,), (3, 2), (2,)), ((4, 5, 3), (3, 2), (2,))]
    ),
    Case(
        "batch_norm",
        lambda x, gamma, beta: apply(layer_rules.batch_norm, x, gamma, beta, eps=1e-5),
        lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-5),
        ((6, 3), (3,), (3,)),
    ),
    same("reshape", lambda a: a.reshape(4, -1) * 2, (2, 3, 4)),
    same("reshape", lambda a: a.reshape((6, 4)), (2, 3, 4)),
    same("transpose", lambda a: a.T @ a, (3, 4)),
    Case("transpose", lambda a: a.transpose(2, 0, 1) * 2, lambda a: a.permute(2, 0, 1) * 2, ((2, 3, 4),)),
    *(
        Case(
            "transpose", lambda a, i=axes: a.transpose(*i) * 2, lambda a, i=axes: a.permute(*i) * 2, ((3,) * len(axes),)
        )
        for axes in [(-1, 0), (0, -1), (-1, 0, 1), (1, -1, 0), (-2, 2, -3)]
    ),
    same("getitem", lambda a: a[-1, ..., -2:], (3, 4)),
    same("getitem", lambda a: a[1], (3, 4)),
    same("getitem", lambda a: a[1:, ::2], (3, 4)),
    same("getitem", lambda a: a[..., -1] * a[:, 0], (3, 4)),
    same("getitem", lambda a: a[ROWS], (3, 4)),
    same("getitem", lambda a: a[ROWS, ROWS], (3, 4)),
    same("getitem", lambda a: a[MASK], (3, 4)),
    Case("concatenate", lambda a, b: concatenate([a, b]), lambda a, b: torch.cat([a, b]), ((3, 4), (2, 4))),
    Case("concatenate", lambda a, b: concatenate([a, b], -1), lambda a, b: torch.cat([a, b], -1), ((3, 4), (3, 1))),
    Case("concatenate", lambda a: concatenate([a, a]), lambda a: torch.cat([a, a]), ((3, 4),)),
    Case("stack", lambda a, b: stack([a, b]), lambda a, b: torch.stack([a, b]), ((3, 4), (3, 4))),
    Case("stack", lambda a, b: stack([a, b], -1), lambda a, b: torch.stack([a, b], -1), ((3, 4), (3, 4))),
    Case("stack", lambda a, b: stack([a, b]), lambda a, b: torch.stack([a, b]), ((), ())),
    Case(
        "sum_of_squares",
        lambda a, b: l2_penalty([a, b]),
        lambda a, b: (a * a).sum() + (b * b).sum(),
        ((3, 4), (4,)),
    ),
]


def in_torch(expression: str, **values: torch.Tensor) -> torch.Tensor:
    """The value of the `torch` expression that an activation or loss gives for itself."""
    result = eval(expression, {"torch": torch, "F": F, **values})
    assert isinstance(result, torch.Tensor)
    return result


def activation_cases() -> list[Case]:
    """One case for each activation in the table, whatever it is called."""
    return [
        Case(name, entry, lambda x, e=entry.torch: in_torch(e, x=x), ((4, 6),), (-4.0, 4.0))
        for name, entry in ACTIVATIONS.items()
    ]


def targets_for(kind: str, shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    """Targets of the kind a loss wants, for predictions of a shape."""
    rng = np.random.default_rng(seed)
    drawn = {
        "numbers": lambda: rng.uniform(-2, 2, shape),
        "signs": lambda: rng.choice([-1.0, 1.0], shape),
        "bits": lambda: rng.choice([0.0, 1.0], shape),
        "classes": lambda: rng.integers(0, shape[1], shape[0]),
    }
    return drawn[kind]()


def loss_case(name: str) -> Case:
    """A case for one loss in the table."""
    entry, shape = LOSSES[name], (5, 3)
    targets = targets_for(entry.targets, shape)

    def theirs(p: torch.Tensor) -> torch.Tensor:
        t = torch.tensor(targets)
        return in_torch(entry.torch, p=p, t=t if entry.targets == "classes" else t.to(p.dtype))

    return Case(name, lambda p: entry(p, targets), theirs, (shape,), (-3.0, 3.0))


ALL = [*OPERATIONS, *activation_cases(), *map(loss_case, LOSSES)]


def values_and_gradients(case: Case, arrays: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Our output of a case, and the gradients of a weighted sum of it."""
    tensors = [Tensor(a) for a in arrays]
    out = case.ours(*tensors)
    (out * weights_of(out.data)).sum().backward()
    return out.data, [np.zeros(t.shape) if t.grad is None else t.grad for t in tensors]


def torch_values_and_gradients(case: Case, arrays: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Torch's output of a case, and the gradients of the same weighted sum."""
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = case.theirs(*tensors)
    if out.requires_grad:
        (out * torch.tensor(weights_of(out.detach().numpy()))).sum().backward()
    return out.detach().numpy(), [np.zeros(t.shape) if t.grad is None else t.grad.numpy() for t in tensors]


def weights_of(out: np.ndarray) -> np.ndarray:
    """Different weights for the elements of an output, so that no mix-up of elements can go unnoticed."""
    return np.linspace(0.5, 1.5, out.size, dtype=out.dtype).reshape(out.shape)
