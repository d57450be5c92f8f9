"""Checks of `topological_order`."""

from __future__ import annotations

from collections.abc import Iterator

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, show
from nnlabs.scratch.tensor import Tensor


def _expect_order(topological_order: Function, results: dict[str, Tensor], graph: str, if_missing: str = "") -> None:
    """Insist on an order of these nodes, of which the first is where it begins; if one is missing, that has a cause."""
    first, end = next(iter(results.items()))
    order = topological_order(end)
    inputs = f"topological_order(self = {first}), where {graph}"
    expect(
        not isinstance(order, Iterator),
        "a list",
        f"a {type(order).__name__}",
        "`backward` goes through the nodes twice: to clear old gradients, and to carry the new ones back.",
        inputs=inputs,
        suspects={"a generator is returned, through which one can go only once": True},
    )
    names = {id(node): name for name, node in results.items()}
    shown = "[" + ", ".join(names.get(id(node), "a leaf or constant") for node in order) + "]"
    expect(
        any(node is end for node in order),
        f"{first} itself too",
        shown,
        "backward begins with it.",
        inputs=inputs,
        suspects={"the node itself is left out": True},
    )
    expect(
        all(id(node) in names for node in order),
        "results of operations only",
        shown,
        "A leaf has `rule` None, and nobody to carry its gradient on to.",
        inputs=inputs,
        suspects={"leaves are counted too": True},
    )
    ids = [id(node) for node in order]
    expect(
        len(ids) == len(set(ids)), "each node once", shown, "How do you know a node that you met before?", inputs=inputs
    )
    missing = [name for name, node in results.items() if id(node) not in ids]
    expect(
        not missing,
        f"{', '.join(missing)} too",
        shown,
        "Do you follow all parents, and their parents? And how do you know a node that you met before?",
        inputs=inputs,
        suspects={if_missing: True},
    )
    for name, node in results.items():
        for parent in node.parents or ():
            if id(parent) in ids:
                late = ids.index(id(node)) < ids.index(id(parent))
                expect(
                    late,
                    f"{name} before what it was computed from",
                    shown,
                    "A gradient may be carried on only when all that comes into it has arrived.",
                    inputs=inputs,
                    suspects={
                        "parents come before what was computed from them": ids[0] != id(end),
                        "nodes stand in the order in which the search met them": ids[0] == id(end),
                    },
                )


def chain_of_two(topological_order: Function) -> None:
    """A chain goes back from its end."""
    x = Tensor(3.0)
    a = x * 2
    b = a + 1
    _expect_order(topological_order, {"b": b, "a": a}, "a = x * 2, b = a + 1")


def diamond(topological_order: Function) -> None:
    """A node that two others use comes once, after both."""
    x, y = Tensor(3.0), Tensor(2.0)
    a = x * y
    b, c = a * 2, a * 3
    d = b + c
    _expect_order(topological_order, {"d": d, "c": c, "b": b, "a": a}, "a = x * y, b = a * 2, c = a * 3, d = b + c")


def short_and_long_way(topological_order: Function) -> None:
    """A node that is reached by a short way and by a long one comes after the long one."""
    a = Tensor(3.0) * 2
    b = a * a
    c = b * 2
    for d, text in ((a + c, "a + c"), (c + a, "c + a")):
        graph = f"a = x * 2, b = a * a, c = b * 2, d = {text}"
        _expect_order(topological_order, {"d": d, "c": c, "b": b, "a": a}, graph)


def equal_values(topological_order: Function) -> None:
    """Two nodes of the same value are two nodes."""
    a = Tensor(3.0) * 2
    b = a * 1
    c = b * 1
    cause = "nodes are told apart by their values (`in` a list compares with ==): use a set"
    _expect_order(topological_order, {"c": c, "b": b, "a": a}, "a = x * 2, b = a * 1, c = b * 1", cause)


def very_deep(topological_order: Function) -> None:
    """A chain of 5,000 operations is no problem."""
    end = Tensor(1.0)
    for _ in range(5000):
        end = end * 1.0
    try:
        length = len(list(topological_order(end)))
    except RecursionError:
        length = -1
    inputs = "the end of a chain of 5,000 multiplications"
    expect(
        length == 5000,
        "5,000 nodes",
        "a RecursionError" if length < 0 else f"{length} nodes",
        "Python calls itself about 1,000 deep; a list of nodes still to be visited has no such limit."
        if length < 0
        else "All of them are in one line: which is the first that is missing, or comes twice?",
        inputs=inputs,
        suspects={"the function calls itself for each parent": length < 0},
    )


def freed_graph(topological_order: Function) -> None:
    """A graph that was freed, or a part of it, is a RuntimeError that says so."""
    a = Tensor(3.0) * 2
    b = a * 3
    b.backward()
    starts = {
        "b": (b, "backward sets `parents` to None: what then?", "a freed graph goes unnoticed"),
        "b * 2": (b * 2, "b was freed, b * 2 is new: do you ask at each node?", "only a freed start is noticed"),
    }
    for name, (start, think, cause) in starts.items():
        expect(
            (got := _refusal(topological_order, start)) == "RuntimeError",
            "a RuntimeError that says that the graph was freed",
            got,
            think,
            inputs=f"topological_order(self = {name}) after b.backward()",
            suspects={cause: True},
        )


def _refusal(topological_order: Function, start: Tensor) -> str:
    """The name of the error, with its text where it is the wrong one; else what came out."""
    try:
        return show(topological_order(start))
    except RuntimeError:
        return "RuntimeError"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
