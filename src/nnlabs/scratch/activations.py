"""All activations, by name.

To add one, write one function in `squashing` or `rectifying`: arrays in, the value and one gradient function an input out (as in
`ops`), under an `@activation` that says what it is. It is then in this table, and thereby in the figures and tables of lab 2,
among the activations that `MLP` takes, in the gradient check and in the tests.

Example:
    >>> from nnlabs.scratch import Tensor
    >>> relu = ACTIVATIONS["relu"]
    >>> relu(Tensor([-1.0, 0.0, 1.0])).data
    array([0., 0., 1.])
    >>> relu.formula, relu.range
    ('max(0, x)', (0, inf))
"""

from __future__ import annotations

from nnlabs.scratch import rectifying, squashing
from nnlabs.scratch.activation import ACTIVATIONS, Activation

__all__ = ["ACTIVATIONS", "Activation", "rectifying", "squashing"]
