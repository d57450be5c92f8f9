"""What an activation function is, to this package: a rule as in `ops`, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnlabs.scratch.ops import Rule, operation
from nnlabs.scratch.tensor import Operand, Tensor, apply


@dataclass(frozen=True)
class Activation:
    """An activation function and what is known about it; call it with a tensor.

    Args:
        title: the name people know it by.
        rule: the function of arrays, as in `ops`.
        formula: f(x) in a line.
        range: the ends of the interval in which all its values lie.
        paper: where it comes from.
        good: what it is good for.
        bad: what speaks against it.
        torch: the same as a PyTorch expression in x (F is torch.nn.functional).
        learned: first values of the parameters that it learns; they are passed after x.
        pieces: how many inputs make one output.
        elementwise: whether an output depends on one input only.
    """

    title: str
    rule: Rule
    formula: str
    range: tuple[float, float]
    paper: str
    good: str
    bad: str
    torch: str
    learned: tuple[float, ...] = ()
    pieces: int = 1
    elementwise: bool = True

    @property
    def name(self) -> str:
        """The name in `ACTIVATIONS`."""
        return self.rule.__name__

    def __call__(self, x: Operand, *learned: Operand, **constants: Any) -> Tensor:
        """Apply the function to x; `learned` are its parameters, if it has any, `constants` its options by name."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        return apply(self.rule, x, *(learned or self.learned), **constants)

    def __reduce__(self) -> tuple[Any, ...]:
        # the name stands for the entry, whose rule, hidden behind its decorator, pickle would not find
        return _by_name, (self.name,)


ACTIVATIONS: dict[str, Activation] = {}


def _by_name(name: str) -> Activation:
    """The entry of the table, for pickles."""
    if name not in ACTIVATIONS:
        raise ValueError(f"this pickle needs the activation {name!r}: import the file that defines it first.")
    return ACTIVATIONS[name]


def activation(title: str, **facts: Any) -> Callable[[Rule], Activation]:
    """Decorator that makes a rule an `Activation` and enters it into `ACTIVATIONS` and into the table of operations.

    Args:
        title: the name people know it by.
        **facts: the other fields of `Activation`.
    """

    def enter(rule: Rule) -> Activation:
        entry = Activation(title, operation(rule), **facts)
        ACTIVATIONS[entry.name] = entry
        return entry

    return enter
