"""Exercises of lab 2: the autograd engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close, expect_rule, slopes
from nnlabs.exercises.solutions import plugged_in
from nnlabs.scratch.tensor import Tensor

Function = Callable[..., Any]


# ---- One operation's backward


def quotient(div: Function) -> None:
    """The value is a / b, and one function for each of a and b carries a gradient back."""
    result = div(np.float64(6.0), np.float64(3.0))
    expect_rule(result, 2, "Return three things: y, a function of g for a, a function of g for b.")
    expect_close(result[0], 2.0, "6 / 3", "What is the value, before any gradient?")


def back_to_a(div: Function) -> None:
    """To the numerator comes back g / b."""
    for g in (1.0, 2.0):
        got = div(np.float64(6.0), np.float64(4.0))[1](np.float64(g))
        suspects = {
            "g is forgotten: the chain rule multiplies by what arrives": 0.25,
            "the rule of the product is used": 4 * g,
            "the two gradients are the wrong way round": -g * 6 / 16,
            "b is multiplied, not divided by": 4 * g,
        }
        expect_close(got, g / 4, f"g / b for g = {g:g}", "What is d(a/b)/da, if b is a constant?", suspects=suspects)


def back_to_b(div: Function) -> None:
    """To the denominator comes back -g a / b²."""
    for g in (1.0, 2.0):
        got = div(np.float64(6.0), np.float64(4.0))[2](np.float64(g))
        suspects = {
            "the minus is missing: a larger b makes the quotient smaller": g * 6 / 16,
            "b is not squared": -g * 6 / 4,
            "g is forgotten: the chain rule multiplies by what arrives": -6 / 16,
            "a is forgotten": -g / 16,
            "the rule of the product is used": 6 * g,
            "the two gradients are the wrong way round": g / 4,
        }
        expect_close(got, -g * 6 / 16, f"-g a / b² for g = {g:g}", "Write a/b as a b⁻¹; what is its slope in b?", suspects=suspects)


def as_measured(div: Function) -> None:
    """On arrays, both gradients are the slopes that two evaluations nearby show."""
    rng = np.random.default_rng(0)
    a, b, g = rng.normal(size=4), rng.uniform(0.5, 2, 4), rng.normal(size=4)
    for which, name in enumerate("ab"):
        got = div(a, b)[1 + which](g)
        words = f"the measured slope for {name}, times g"
        expect_close(got, slopes(div, (a, b), which, g), words, "Does it work element by element?", tolerance=1e-6)


DIV = Exercise(
    name="scalar_backward",
    lab=2,
    title="a division, and how a gradient flows back through it",
    minutes=15,
    hints=(
        "The chain rule for one step: dL/da = dL/dy · dy/da. `g` is dL/dy; your functions multiply it by the slopes of a/b.",
        "d(a/b)/da = 1/b and d(a/b)/db = -a/b².",
        "return y, lambda g: g / b, and a third that is -g times a / b², which is y / b.",
    ),
    why="An autograd engine is a table of such steps; all else is going through them in the right order (Linnainmaa 1970).",
    checks=(quotient, back_to_a, back_to_b, as_measured),
    mistakes=(
        mistake("the minus is missing", "minus is missing", "-g * y / b", "g * y / b"),
        mistake("b is not squared", "b is not squared", "-g * y / b", "-g * y"),
        mistake("g is forgotten for a", "g is forgotten", "lambda g: g / b", "lambda g: 1 / b"),
        mistake("g is forgotten for b", "g is forgotten", "-g * y / b", "-y / b"),
        mistake("a is forgotten", "a is forgotten", "-g * y / b", "-g / b**2"),
        mistake("the rule of the product is used", "product", "lambda g: g / b", "lambda g: g * b"),
        mistake("the two are the wrong way round", "wrong way round", "lambda g: g / b, lambda g: -g * y / b",
                "lambda g: -g * y / b, lambda g: g / b"),
        mistake("the quotient is turned round", "6 / 3", "y = a / b", "y = b / a"),
    ),
)  # fmt: skip


# ---- Topological order


def _names(order: Any, known: dict[str, Tensor]) -> str:
    """The nodes of an order by their names."""
    names = {id(node): name for name, node in known.items()}
    return "[" + ", ".join(names.get(id(node), "a leaf or constant") for node in order) + "]"


def _expect_order(topological_order: Function, end: Tensor, results: dict[str, Tensor], graph: str) -> None:
    order = list(topological_order(end))
    shown, inputs = _names(order, results), f"topological_order(self = {end_name(end, results)}), where {graph}"
    expect(bool(order) and end in order, f"{end_name(end, results)} itself too", shown, "backward begins with it.", inputs=inputs,
           suspects={"the node itself is left out": True})  # fmt: skip
    known = {id(node) for node in results.values()}
    expect(all(id(node) in known for node in order), "results of operations only", shown,
           "A leaf has `rule` None, and nobody to carry its gradient on to.", inputs=inputs,
           suspects={"leaves are counted too": True})  # fmt: skip
    ids = [id(node) for node in order]
    expect(len(ids) == len(set(ids)), "each node once", shown, "How do you know a node that you met before?", inputs=inputs)
    missing = [name for name, node in results.items() if id(node) not in ids]
    expect(not missing, f"{', '.join(missing)} too", shown, "Do you follow all parents, and their parents?", inputs=inputs)
    for name, node in results.items():
        for parent in node.parents or ():
            if id(parent) in ids:
                late = ids.index(id(node)) < ids.index(id(parent))
                expect(late, f"{name} before what it was computed from", shown,
                       "A gradient may be carried on only when all that comes into it has arrived.", inputs=inputs,
                       suspects={"parents come before what was computed from them": ids[0] != id(end),
                                 "nodes stand in the order in which the search met them": ids[0] == id(end)})  # fmt: skip


def end_name(end: Tensor, results: dict[str, Tensor]) -> str:
    """What a node is called."""
    return next(name for name, node in results.items() if node is end)


def chain_of_two(topological_order: Function) -> None:
    """A chain goes back from its end."""
    x = Tensor(3.0)
    a = x * 2
    b = a + 1
    _expect_order(topological_order, b, {"b": b, "a": a}, "a = x * 2, b = a + 1")


def diamond(topological_order: Function) -> None:
    """A node that two others use comes once, after both."""
    x, y = Tensor(3.0), Tensor(2.0)
    a = x * y
    b, c = a * 2, a * 3
    d = b + c
    _expect_order(topological_order, d, {"d": d, "c": c, "b": b, "a": a}, "a = x * y, b = a * 2, c = a * 3, d = b + c")


def short_and_long_way(topological_order: Function) -> None:
    """A node that is reached by a short way and by a long one comes after the long one."""
    a = Tensor(3.0) * 2
    b = a * a
    c = b * 2
    for d, text in ((a + c, "a + c"), (c + a, "c + a")):
        _expect_order(topological_order, d, {"d": d, "c": c, "b": b, "a": a}, f"a = x * 2, b = a * a, c = b * 2, d = {text}")


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
    expect(length == 5000, "5,000 nodes", "a RecursionError" if length < 0 else f"{length} nodes",
           "Python calls itself about 1,000 deep; a list of nodes still to be visited has no such limit.", inputs=inputs,
           suspects={"the function calls itself for each parent": length < 0})  # fmt: skip


def freed_graph(topological_order: Function) -> None:
    """A graph that was freed is a RuntimeError that says so."""
    a = Tensor(3.0) * 2
    b = a * 3
    b.backward()
    try:
        got = topological_order(b)
    except RuntimeError:
        return
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
    expect(False, "a RuntimeError that says that the graph was freed", got, "backward sets `parents` to None: what then?",
           inputs="topological_order(self = b) after b.backward()",
           suspects={"a freed graph goes unnoticed": True})  # fmt: skip


ORDER = Exercise(
    name="topological_order",
    lab=2,
    title="in which order back-propagation must visit a graph",
    minutes=25,
    hints=(
        "Walk from the node to its parents, their parents and so on, with a list of nodes still to be visited; keep what was found "
        "in a set. Only nodes with a `rule` count: leaves end the walk.",
        "Then bring them in order: each before what it was computed from. A node is always made after its parents, and each node "
        "knows how many were made before it.",
        "while stack: for parent in stack.pop().parents: if it is a Node with a rule and not in found, add it to both; at the end "
        "sort by the number of each node, the largest first. If `parents` is None, raise a RuntimeError.",
    ),
    why="Only in this order is each gradient complete before it is carried on; one wrong pair, and gradients are silently too small "
    "(Griewank & Walther 2008, chapter 3).",
    checks=(chain_of_two, diamond, short_and_long_way, very_deep, freed_graph),
    mistakes=(
        mistake("parents come first", "parents come before", ", reverse=True", ", reverse=False"),
        mistake("the node itself is left out", "itself is left out", "found: set[Node] = {self}", "found: set[Node] = set()"),
        mistake("leaves are counted too", "leaves are counted", "isinstance(parent, Node) and parent.rule and",
                "isinstance(parent, Node) and"),
        mistake("only the first parent is followed", "all parents", "for parent in parents:", "for parent in parents[:1]:"),
        mistake("the walk ends after one step", "and their parents", "stack.append(parent)", "pass"),
        mistake("nodes stand in the order of the search", "order in which the search met them", "found: set[Node] = {self}",
                "found: dict[Node, None] = {self: None}", "found.add(parent)", "found[parent] = None",
                "return sorted(found, key=_age, reverse=True)", "return list(found)"),
        mistake("a freed graph goes unnoticed", "freed graph goes unnoticed", "if parents is None:", "if parents == ():"),
        mistake("the function calls itself", "calls itself for each parent", "found: set[Node] = {self}",
                "found: set[Node] = {self}\n    return _walk(self, found)",
                "def topological_order(", "def _walk(node, found):\n    for parent in node.parents:\n        if isinstance(parent, Node) "
                "and parent.rule and parent not in found:\n            found.add(parent)\n            _walk(parent, found)\n"
                "    return sorted(found, key=_age, reverse=True)\n\n\ndef topological_order("),
    ),
)  # fmt: skip


# ---- Adding up what comes back


def _gradients(step: Function, make: Callable[..., Tensor], *values: Any) -> list[Any]:
    """Gradients of leaves, when the engine carries gradients back with the learner's function."""
    leaves = [Tensor(value) for value in values]
    loss = make(*leaves)
    with plugged_in("accumulate", step):
        loss.backward()
    return [np.array(leaf.grad) for leaf in leaves]


def one_use(to_parents: Function) -> None:
    """Each parent gets what its own function makes of this node's gradient."""
    a, b = _gradients(to_parents, lambda a, b: a * b, 3.0, 5.0)
    inputs = "L = a b at a = 3, b = 5"
    causes = {"only the first parent gets its gradient": 0.0, "the parents' gradients are the wrong way round": 5.0}
    expect_close(a, 5.0, "dL/da = b", "Which function belongs to which parent?", inputs=inputs,
                 suspects={"the parents' gradients are the wrong way round": 3.0, "nothing is carried back": 0.0})  # fmt: skip
    expect_close(b, 3.0, "dL/db = a", "Does every parent get its gradient?", inputs=inputs, suspects=causes)


def two_steps(to_parents: Function) -> None:
    """What is carried back is this node's gradient, not 1."""
    (a,) = _gradients(to_parents, lambda a: (a * 3) * 5, 2.0)
    expect_close(a, 15.0, "dL/da = 3 · 5", "What has arrived at a * 3, that has to go on?", inputs="L = (a * 3) * 5 at a = 2",
                 suspects={"1 is carried back instead of the gradient": 3.0})  # fmt: skip


def used_twice(to_parents: Function) -> None:
    """Where a node is used twice, what comes back from both uses adds up."""
    (a,) = _gradients(to_parents, lambda a: a * a, 3.0)
    suspects = {"the second use overwrites the first": 3.0, "the uses are multiplied": 9.0, "the mean is taken": 3.0}
    expect_close(a, 6.0, "dL/da = a + a, as both uses count", "What becomes of a gradient that is there already?",
                 inputs="L = a * a at a = 3", suspects=suspects)  # fmt: skip
    (a,) = _gradients(to_parents, lambda a: (a * 2) * (a * 2) + a * 2, 3.0)
    expect_close(a, 26.0, "dL/da = 2 (2 · 6 + 1)", "b = a * 2 would be used three times if it were named; a is.",
                 inputs="L = (a * 2) * (a * 2) + a * 2 at a = 3")  # fmt: skip


def no_array_is_shared(to_parents: Function) -> None:
    """Adding to one parent's gradient leaves the other parent's alone."""
    one = np.ones(2)

    def loss(x: Tensor, y: Tensor) -> Tensor:
        a, b = x * 1, y * 1
        return (a * 2 + (a + b)).sum()

    a, b = _gradients(to_parents, loss, one, one)
    inputs = "L = Σ (a * 2 + (a + b)), where a = x * 1 = [1, 1] and b = y * 1 = [1, 1]"
    think = "a + b hands the same array to both parents: what does += do to it?"
    expect_close(b, [1, 1], "dL/dy", think, inputs=inputs, suspects={"a gradient is added to in place": [3, 3]})
    expect_close(a, [3, 3], "dL/dx", think, inputs=inputs)


def shapes_fit(to_parents: Function) -> None:
    """A gradient has the shape of what it is the gradient of."""
    X, b = _gradients(to_parents, lambda X, b: (X + b).sum(), np.zeros((3, 2)), np.zeros(2))
    inputs = "L = Σ (X + b) with X of shape (3, 2), b of shape (2,)"
    think = "b was stretched over the 3 rows: `_fit` sums what comes back over them."
    expect_close(b, [3, 3], "dL/db, of b's shape", think, inputs=inputs,
                 suspects={"the gradient keeps the shape that broadcasting gave it": np.ones((3, 2))})  # fmt: skip
    expect_close(X, np.ones((3, 2)), "dL/dX", "Here nothing was stretched.", inputs=inputs)


ACCUMULATE = Exercise(
    name="accumulate",
    lab=2,
    title="one step of back-propagation, from a result to its parents",
    minutes=15,
    hints=(
        "Go through the parents together with the functions that carry a gradient back to each; constants among the parents, which "
        "are no Nodes, get none.",
        "What comes back may have the wrong shape where broadcasting stretched the parent; one function of this module makes it fit.",
        "For each parent: part = fitted(back(gradient)); then parent.grad = part where parent.grad is None, else parent.grad + part, "
        "in a new array.",
    ),
    why="A variable that is used twice gets the sum of what comes back from both: the chain rule for several paths. Overwriting it "
    "is the classic bug of a first autograd engine (Rumelhart, Hinton & Williams 1986).",
    checks=(one_use, two_steps, used_twice, no_array_is_shared, shapes_fit),
    mistakes=(
        mistake("the second use overwrites the first", "overwrites", "part if parent.grad is None else parent.grad + part", "part"),
        mistake("only the first parent gets its gradient", "only the first parent", "zip(self.parents or (), self.backs, strict=True)",
                "list(zip(self.parents or (), self.backs))[:1]"),
        mistake("1 is carried back instead of the gradient", "1 is carried back", "back(gradient)", "back(gradient * 0 + 1)"),
        mistake("the uses are multiplied", "uses are multiplied", "part if parent.grad is None else parent.grad + part",
                "part if parent.grad is None or not parent.grad else parent.grad * part"),
        mistake("the gradient keeps the stretched shape", "broadcasting", "part = _fit(part, data)", "pass"),
        mistake("a gradient is added to in place", "in place",
                "parent.grad = part if parent.grad is None else parent.grad + part",
                "if parent.grad is None:\n                parent.grad = part\n"
                "            else:\n                parent.grad += part"),
        mistake("the functions are the wrong way round", "wrong way round", "zip(self.parents or (), self.backs,",
                "zip(self.parents or (), list(self.backs)[::-1],"),
        mistake("nothing is carried back", "nothing is carried back", "parent.grad = part if parent.grad is None else", "_ ="),
    ),
)  # fmt: skip


# ---- Broadcasting's gradient


def unchanged(unbroadcast: Function) -> None:
    """Where nothing was stretched, the gradient stays as it is."""
    g = np.array([[1.0, 2.0], [3.0, 4.0]])
    expect_close(unbroadcast(g, np.zeros((2, 2))), g, "the gradient itself", "Which axes were stretched here?",
                 suspects={"everything is summed": np.full((2, 2), 10.0)})  # fmt: skip


def leading_axes(unbroadcast: Function) -> None:
    """Axes that the data did not have are summed away."""
    g = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    suspects = {
        "the mean is taken: each use counts in full": g.mean(0),
        "the first row is taken: all uses count": g[0],
        "the wrong axis is summed": g.sum(1),
        "the axes that the data did not have stay": g,
        "an axis that should go stays with length 1": g.sum(0, keepdims=True),
    }
    think = "Each number of the data was used once for each row: what comes back from all uses adds up."
    expect_close(unbroadcast(g, np.zeros(2)), g.sum(0), "the sum over the rows", think, suspects=suspects)
    expect_close(unbroadcast(g, np.zeros(())), 21.0, "the sum of all, for data of shape ()", think,
                 suspects={"the mean is taken: each use counts in full": 3.5})  # fmt: skip


def axes_of_length_1(unbroadcast: Function) -> None:
    """Axes of length 1 are summed, and keep their place with length 1."""
    g = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for shape, axis in (((3, 1), 1), ((1, 2), 0)):
        suspects = {
            "axes of length 1 are not summed": g,
            "the summed axis is lost": g.sum(axis),
            "the wrong axis is summed": g.sum(1 - axis, keepdims=True),
            "the mean is taken: each use counts in full": g.mean(axis, keepdims=True),
        }
        words = f"the sum over axis {axis}, of shape {shape}"
        think = "An axis of length 1 was stretched; the result must have the data's shape again."
        expect_close(unbroadcast(g, np.zeros(shape)), g.sum(axis, keepdims=True), words, think, suspects=suspects)


def both_at_once(unbroadcast: Function) -> None:
    """Whatever was stretched, ⟨g, stretched data⟩ = ⟨result, data⟩: the gradient of stretching is its adjoint."""
    rng = np.random.default_rng(0)
    for shape in ((3, 1), (1, 4), (4,), (1,), (2, 1, 4), (1, 3, 1), (1, 1), ()):
        data, g = rng.normal(size=shape), rng.normal(size=(2, 3, 4))
        got = unbroadcast(g, data)
        expect(np.shape(got) == shape, f"an array of the data's shape, {shape}", f"shape {np.shape(got)}",
               "First the axes that are too many, at the front; then those of length 1.",
               inputs=f"gradient of shape (2, 3, 4), data of shape {shape}")  # fmt: skip
        right = float((g * np.broadcast_to(data, g.shape)).sum())
        expect_close(float((np.asarray(got) * data).sum()), right, "Σ result · data, the same as Σ gradient · stretched data",
                     "Is anything counted twice, or not at all?", inputs=f"gradient of shape (2, 3, 4), data of shape {shape}")  # fmt: skip


def type_of_the_data(unbroadcast: Function) -> None:
    """The gradient of float32 data is float32."""
    got = unbroadcast(np.ones((3, 2)), np.zeros(2, np.float32))
    expect(getattr(got, "dtype", None) == np.float32, "float32, as the data", str(getattr(got, "dtype", type(got))),
           "A single float64 gradient makes a whole network slow: astype.", inputs="a float64 gradient, float32 data",
           suspects={"the type of the data is forgotten": True})  # fmt: skip


UNBROADCAST = Exercise(
    name="unbroadcast",
    lab=2,
    title="the gradient of broadcasting",
    minutes=20,
    hints=(
        "NumPy stretches an array by repeating it. Each repetition sends a gradient back, and the uses of one number add up.",
        "Two cases: the gradient has axes at the front that the data did not have (sum them away), or the data's axis has length 1 "
        "(sum it, with keepdims=True).",
        "If gradient.ndim > data.ndim, sum over axis=tuple(range(gradient.ndim - data.ndim)); then, where shapes still differ, over "
        "the axes where data.shape is 1, with keepdims=True; last, astype(data.dtype).",
    ),
    why="A bias is added to every example of a batch; without this sum its gradient has the wrong shape, or the wrong size.",
    checks=(unchanged, leading_axes, axes_of_length_1, both_at_once, type_of_the_data),
    mistakes=(
        mistake("the mean is taken", "mean is taken", "gradient.sum(axis=tuple(range", "gradient.mean(axis=tuple(range"),
        mistake("the first row is taken", "first row", "gradient.sum(axis=tuple(range(gradient.ndim - data.ndim)))", "gradient[0]"),
        mistake("leading axes stay", "did not have stay", "if gradient.ndim > data.ndim:", "if False:",
                "if n == 1), keepdims=True)", "if n == 1), keepdims=True) if 1 in data.shape else gradient"),
        mistake("the summed axis is lost", "summed axis is lost", ", keepdims=True", ""),
        mistake("axes of length 1 are not summed", "length 1 are not summed", "if gradient.shape != data.shape:", "if False:"),
        mistake("the type of the data is forgotten", "type of the data is forgotten", "gradient.astype(data.dtype, copy=False)", "gradient"),
        mistake("the last axes are summed instead of the first", "wrong axis", "tuple(range(gradient.ndim - data.ndim))",
                "tuple(range(data.ndim, gradient.ndim))"),
    ),
)  # fmt: skip

EXERCISES = (DIV, ORDER, ACCUMULATE, UNBROADCAST)
