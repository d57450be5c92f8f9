"""What a check says when something is wrong: on which input, what was expected in words, what came out, and where to think."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
WIDTH = 300


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        inputs: what the function was given.
        expected: what should have come out, in words.
        got: what came out.
        allowed: how far off it might have been; "" where that makes no sense.
        think: where to look.
        cause: the known mistake that gives just this; "" for none.
    """

    inputs: str
    expected: str
    got: str
    allowed: str
    think: str
    cause: str


class WrongError(Exception):
    """Raised by a check.

    Args:
        problem: what is wrong.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.expected)
        self.problem = problem


def expect_close(
    got: Any,
    wanted: ArrayLike,
    words: str,
    think: str,
    *,
    inputs: str = "",
    tolerance: float = 1e-9,
    suspects: Mapping[str, Any] | None = None,
    if_none: str = "Does every path through the function end in a return?",
) -> None:
    """Insist on numbers.

    Args:
        got: what the learner's function returned.
        wanted: what is right.
        words: what that is, in words.
        think: a question that leads on.
        inputs: what the function was given; default: its latest call.
        tolerance: how far each number may be off, relative to the largest of `wanted` where that exceeds 1.
        suspects: what known mistakes would give, by their names.
        if_none: where to think when None came out; to be said where None is an answer for other inputs.

    Raises:
        WrongError: when it differs.
    """
    right = np.asarray(wanted, dtype=np.float64)
    expected = f"{words}: {show(right)}"
    numbers = _numbers(got)
    if numbers is None:
        hint = if_none if got is None else "It should be a number or array."
        raise WrongError(Problem(inputs or last_call(), expected, show(got), "", hint, ""))
    fits = numbers.shape == right.shape
    if not fits or not _close(numbers, right, tolerance):
        shown = show(numbers) if fits else f"{show(numbers)}, of shape {numbers.shape} where {right.shape} is right"
        allowed = f"off by at most {tolerance * _scale(right):.1g}" if fits else ""
        cause = _cause(numbers, suspects, tolerance)
        raise WrongError(Problem(inputs or last_call(), expected, shown, allowed, think, cause))


def expect(
    holds: bool,
    words: str,
    got: Any,
    think: str,
    *,
    inputs: str = "",
    suspects: Mapping[str, bool] | None = None,
) -> None:
    """Insist on a property.

    Args:
        holds: whether it has it.
        words: the property, in words.
        got: what came out instead.
        think: a question that leads on.
        inputs: what the function was given; default: its latest call.
        suspects: whether known mistakes explain it, by their names.

    Raises:
        WrongError: when it does not hold.
    """
    if not holds:
        cause = next((name for name, explains in (suspects or {}).items() if explains), "")
        shown = (got if isinstance(got, str) else show(got)) or "nothing"
        raise WrongError(Problem(inputs or last_call(), words, shown, "", think, cause))


def _numbers(got: Any) -> NDArray[np.float64] | None:
    """What was returned as an array of numbers; None where it is none."""
    if isinstance(got, Sequence) and not isinstance(got, list):
        return None
    try:
        array = np.asarray(getattr(got, "data", got) if hasattr(got, "backward") else got, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return None if got is None else array


def _scale(right: NDArray[np.float64]) -> float:
    finite = right[np.isfinite(right)]
    return max(1.0, float(np.abs(finite).max(initial=0.0)))


def _close(got: NDArray[np.float64], wanted: NDArray[np.float64], tolerance: float) -> bool:
    # written so that a NaN counts as wrong, unless one is wanted
    with np.errstate(invalid="ignore"):
        alike = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
        return bool(((np.abs(got - wanted) <= tolerance * _scale(wanted)) | alike).all())


def _cause(got: NDArray[np.float64], suspects: Mapping[str, Any] | None, tolerance: float) -> str:
    for name, value in (suspects or {}).items():
        suspect = np.asarray(value, dtype=np.float64)
        if suspect.shape == got.shape and _close(got, suspect, tolerance):
            return name
    return ""


# ---- Values and calls in words


def show(value: Any) -> str:
    """A value on one line, short enough to be read."""
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    if isinstance(value, float | np.floating):
        text = f"{float(value):.6g}"
    elif isinstance(value, np.ndarray) and value.ndim:
        text = _array(value)
    elif isinstance(value, np.ndarray):
        text = show(value.item())
    elif isinstance(value, tuple | list):
        inner = ", ".join(map(show, value[:8])) + (", ..." if len(value) > 8 else "")
        text = f"[{inner}]" if isinstance(value, list) else f"({inner})"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key!r}: {show(item)}" for key, item in value.items()) + "}"
    elif type(value).__module__.startswith("nnlabs") and hasattr(value, "__dict__"):
        text = f"{type(value).__name__}({', '.join(f'{k}={show(v)}' for k, v in vars(value).items() if k[0] != '_')})"
    elif callable(value):
        text = getattr(value, "__name__", "a function")
    else:
        text = repr(value)
    return text if len(text) <= WIDTH else text[: WIDTH - 4] + " ..."


def _array(value: Array) -> str:
    if value.size > 24:
        return f"an array of shape {value.shape}"
    return " ".join(np.array2string(value, precision=5, suppress_small=True, separator=", ").split())


_calls: list[tuple[str, Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []


def watched(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A learner's function that keeps its latest call, for messages."""

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        # Copies: the function may work in place, and the message is to show what it was given.
        given = tuple(map(_copied, arguments)), {key: _copied(value) for key, value in named.items()}
        _calls[:] = [(name, function, *given)]
        return function(*arguments, **named)

    return call


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray | list | dict) else value


def forget_calls() -> None:
    """Begin anew: no call was made."""
    _calls.clear()


def last_call() -> str:
    """The latest call of a watched function, as it would be written."""
    if not _calls:
        return "(the file itself)"
    name, function, arguments, named = _calls[0]
    names = [*inspect.signature(function).parameters][: len(arguments)]
    names += [""] * (len(arguments) - len(names))
    shown = [f"{key} = {show(value)}" if key else show(value) for key, value in zip(names, arguments, strict=True)]
    return f"{name}({', '.join([*shown, *(f'{key} = {show(value)}' for key, value in named.items())])})"


# ---- Rules, as in `nnlabs.scratch.ops`: a value and, for each input, the function that carries a gradient back


def expect_rule(result: Any, inputs: int, think: str) -> None:
    """Insist that a rule returned its value and one function for each input."""
    wanted = f"a value, then {'one function' if inputs == 1 else f'{inputs} functions'} that carry a gradient back"
    holds = isinstance(result, tuple) and len(result) == inputs + 1 and all(map(callable, result[1:]))
    expect(holds, wanted, result, think)


def expect_untouched(rule: Callable[..., tuple[Any, ...]], arrays: Mapping[str, Array], g: Array) -> None:
    """Insist that neither a rule nor the functions that it returns write into what they are given, nor into what they keep.

    Args:
        rule: called with the arrays.
        arrays: its inputs, by their names.
        g: the gradient that arrives, of the value's shape.
    """
    given = {name: array.copy() for name, array in arrays.items()}
    result = rule(*given.values())
    expect_rule(result, len(arrays), "Return the value, then a function of g for each input.")
    for back, name in zip(result[1:], arrays, strict=True):
        given[f"the g on its way to {name}"] = arriving = g.copy()
        first = np.array(back(arriving))
        second = np.array(back(g.copy()))
        expect(
            np.array_equal(first, second, equal_nan=True),
            f"the same gradient of {name} twice: {show(first)}",
            second,
            "The engine may go back through a graph twice. Does the way back write into an array that the rule computed before?",
            inputs=f"{last_call()}; g = {show(g)} arrives twice",
            suspects={"the way back overwrites what the rule keeps": True},
        )
    before = [*arrays.values(), *(g for _ in arrays)]
    for (name, array), kept in zip(given.items(), before, strict=True):
        expect(
            np.array_equal(array, kept),
            f"{name} as it was: {show(kept)}",
            array,
            "The engine may hand one array to several nodes, as `add` does its g. `*=`, `-=`, `[...] =` and `out=` "
            "write into it: make a new one.",
            inputs=f"{last_call()}; g = {show(g)} arrives",
            suspects={f"{name} is overwritten": True},
        )


def slopes(
    rule: Callable[..., tuple[Any, ...]], arrays: Sequence[Array], which: int, g: Array, step: float = 1e-5
) -> Array:
    """What should come back to one input, measured: (f(x + h) - f(x - h)) / 2h for each element, weighted by g and summed.

    Args:
        rule: called with the arrays; its first result is the value.
        arrays: where.
        which: number of the input.
        g: the gradient that arrives, of the value's shape.
        step: h.
    """
    x = np.asarray(arrays[which], dtype=np.float64)
    measured = np.empty_like(x)
    for index in np.ndindex(x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * step
            inputs = (*arrays[:which], moved, *arrays[which + 1 :])
            # copies: the rule may write into what it is given
            ends.append(np.asarray(rule(*(array.copy() for array in inputs))[0]))
        measured[index] = ((ends[0] - ends[1]) / (2 * step) * g).sum()
    return measured
