"""Exercises of lab 2: layers, networks, and one step of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close, expect_rule, slopes
from nnlabs.scratch.layers import BatchNorm1d, Dropout, Linear, Module, Nonlinearity
from nnlabs.scratch.losses import mse
from nnlabs.scratch.optim import SGD
from nnlabs.scratch.tensor import Tensor

Function = Callable[..., Any]
X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
W = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]])
B = np.array([10.0, 20.0])
G = np.array([[1.0, 2.0], [3.0, 5.0]])
SHAPES = "x of shape (2, 3), W (3, 2), b (2,)"


# ---- A linear layer


def affine(linear: Function) -> None:
    """The value is x W + b, for each row of x."""
    result = linear(X, W, B)
    expect_rule(result, 3, "Return y, then a function of g for each of x, W and b.")
    suspects = {"the bias is left out": X @ W, "the bias is multiplied": (X @ W) * B}
    expect_close(result[0], X @ W + B, "x W + b", "Which number of inputs meets which rows of W?", suspects=suspects)
    expect_close(linear(X[0], W, B)[0], X[0] @ W + B, "x W + b for a single example", "Does it work for x of shape (3,)?")


def _arriving(name: str) -> str:
    return f"{SHAPES}; g = [[1, 2], [3, 5]] arrives; to {name}"


def back_to_x(linear: Function) -> None:
    """To x comes back g Wᵀ."""
    got = linear(X, W, B)[1](G)
    think = "Y = X W: shapes leave one product of g and W that has x's shape. Which?"
    expect_close(got, G @ W.T, "g Wᵀ, of x's shape", think, inputs=_arriving("x"), suspects={
        "it is divided by the number of examples": G @ W.T / 2, "W is not transposed": np.zeros(0),
        "g is forgotten": np.ones_like(G) @ W.T})  # fmt: skip


def back_to_W(linear: Function) -> None:
    """To W comes back xᵀ g, the sum over the batch."""
    got = linear(X, W, B)[2](G)
    suspects = {
        "the result is transposed": G.T @ X,
        "it is divided by the number of examples": X.T @ G / 2,
        "g is forgotten": X.T @ np.ones_like(G),
        "only the first example counts": np.outer(X[0], G[0]),
    }
    think = "Each example adds the outer product of its x and its g; written as one product of matrices?"
    expect_close(got, X.T @ G, "xᵀ g, of W's shape", think, inputs=_arriving("W"), suspects=suspects)


def back_to_b(linear: Function) -> None:
    """To b comes back the sum of g over the batch."""
    got = linear(X, W, B)[3](G)
    suspects = {
        "the sum over the batch is forgotten": G,
        "the mean over the batch is taken": G.mean(0),
        "the sum runs over the units, not over the batch": G.sum(1),
        "it is summed with keepdims": G.sum(0, keepdims=True),
        "g is replaced by 1": [2, 2],
    }
    think = "b was added to each of the examples: what comes back from all of them adds up."
    expect_close(got, G.sum(0), "the sum of g over the examples, of b's shape", think, inputs=_arriving("b"), suspects=suspects)


def as_measured(linear: Function) -> None:
    """All three are the slopes that two evaluations nearby show, for batches of any shape."""
    rng = np.random.default_rng(0)
    for shape in ((3,), (5, 3), (4, 5, 3)):
        arrays = [rng.normal(size=shape), rng.normal(size=(3, 2)), rng.normal(size=2)]
        result = linear(*arrays)
        g = rng.normal(size=np.shape(result[0]))
        for which, name in enumerate(("x", "W", "b")):
            expect_close(result[1 + which](g), slopes(linear, arrays, which, g), f"the measured slopes for {name}",
                         "With more axes in front, all of them but the last are the batch: reshape(-1, ...).",
                         inputs=f"x of shape {shape}, W (3, 2), b (2,)", tolerance=1e-6)  # fmt: skip


LINEAR = Exercise(
    name="linear_layer",
    lab=2,
    title="a linear layer, and how gradients flow back to input, weights and bias",
    minutes=25,
    hints=(
        "For matrices, shapes nearly decide: dL/dx has x's shape, dL/dW has W's, dL/db has b's, and g has that of x W + b.",
        "dL/dx = g Wᵀ, dL/dW = xᵀ g, dL/db = Σ g over the examples. With more than two axes, see x as rows: x.reshape(-1, n_in).",
        "rows = x.reshape(-1, W.shape[0]); lambda g: g @ W.T; lambda g: rows.T @ g.reshape(-1, W.shape[1]); and "
        "g.reshape(-1, W.shape[1]).sum(0) for b.",
    ),
    why="These three lines are most of what training a perceptron of many layers computes (Rumelhart, Hinton & Williams 1986).",
    checks=(affine, back_to_x, back_to_W, back_to_b, as_measured),
    mistakes=(
        mistake("the bias is left out", "bias is left out", "x.dot(W) + b", "x.dot(W)"),
        mistake("the mean over the batch is taken", "mean over the batch", "ones.dot(g.reshape(-1, n_out))", "g.reshape(-1, n_out).mean(0)"),
        mistake("the sum over the batch is forgotten", "sum over the batch is forgotten", "ones.dot(g.reshape(-1, n_out))", "g"),
        mistake("dL/dW is transposed", "transposed", "X.T.dot(g.reshape(-1, n_out))", "g.reshape(-1, n_out).T.dot(X)"),
        mistake("dL/dx is divided by the number of examples", "divided by the number", "g.dot(W.T)", "g.dot(W.T) / len(X)"),
        mistake("dL/dW is divided by the number of examples", "divided by the number", "X.T.dot(g.reshape(-1, n_out))",
                "X.T.dot(g.reshape(-1, n_out)) / len(X)"),
        mistake("the sum runs over the units", "over the units", "ones.dot(g.reshape(-1, n_out))", "g.sum(-1)"),
        mistake("g is forgotten", "g is forgotten", "X.T.dot(g.reshape(-1, n_out))", "X.T.dot(np.ones((len(X), n_out)))",
                "from __future__ import annotations\n", "from __future__ import annotations\n\nimport numpy as np\n"),
    ),
)  # fmt: skip


# ---- A multi-layer perceptron


class _Record(Module):
    """A layer that multiplies or adds, and writes down that it was called."""

    def __init__(self, log: list[str], name: str, function: Callable[[Any], Any]) -> None:
        self.log, self.name, self.function = log, name, function

    def __call__(self, x: Any) -> Any:
        self.log.append(self.name)
        return self.function(x)


def one_layer_after_the_other(Sequential: Function) -> None:
    """Each layer gets what the one before it made."""
    log: list[str] = []
    model = Sequential(_Record(log, "double", lambda x: x * 2), _Record(log, "add 1", lambda x: x + 1))
    got = model(Tensor([3.0]))
    inputs = "Sequential(double, add 1)(Tensor([3]))"
    suspects: dict[str, Any] = {
        "each layer gets the first input": [4.0],
        "the layers are used in the wrong order": [8.0],
        "the last layer is left out": [6.0],
        "the input is returned": [3.0],
    }
    expect_close(got, [7.0], "2 · 3 + 1", "What goes into the second layer?", inputs=inputs, suspects=suspects)
    expect(isinstance(got, Tensor), "a Tensor", type(got).__name__, "A gradient must find its way back.", inputs=inputs)
    expect(log == ["double", "add 1"], "each layer called once, in order", ", ".join(log), "Is a layer called twice?",
           inputs=inputs, suspects={"a layer is called twice": len(log) > 2})  # fmt: skip


def no_layer_is_a_tensor_too(Sequential: Function) -> None:
    """Without layers, the input comes back as a Tensor."""
    got = Sequential()(np.array([3.0]))
    expect(isinstance(got, Tensor), "Tensor([3])", got, "Make a Tensor of what is none yet.", inputs="Sequential()(np.array([3]))",
           suspects={"an array that no layer made a Tensor of is returned as it is": True})  # fmt: skip


def _kinds(MLP: Function, sizes: list[int], **options: Any) -> list[str]:
    model = MLP(sizes, np.random.default_rng(0), **options)
    return [_kind(layer) for layer in model.layers]


def _kind(layer: Any) -> str:
    if isinstance(layer, Linear):
        return f"Linear {layer.W.shape[0]} to {layer.W.shape[1]}"
    return type(layer).__name__


def which_layers(MLP: Function) -> None:
    """Linear layers of the given sizes, with an activation between each two and none behind the last."""
    for sizes in ([2, 3], [2, 3, 4], [5, 4, 3, 2]):
        got = _kinds(MLP, sizes)
        right = [f"Linear {sizes[0]} to {sizes[1]}"]
        for n_in, n_out in zip(sizes[1:], sizes[2:], strict=False):
            right += ["Nonlinearity", f"Linear {n_in} to {n_out}"]
        linears, activations = [k for k in got if k[0] == "L"], got.count("Nonlinearity")
        expect(got == right, ", ".join(right), ", ".join(got), "The last layer gives scores of any size: what follows it?",
               inputs=f"MLP(sizes = {sizes}, rng)", suspects={
                   "an activation stands behind the last layer": bool(got) and got[-1] == "Nonlinearity",
                   "there is no activation between the layers": activations == 0 and len(linears) > 1,
                   "the last layer is left out": linears == right[::2][:-1],
                   "inputs and outputs of the layers are the wrong way round": "Linear 3 to 2" in got and sizes == [2, 3]})  # fmt: skip


def what_stands_between(MLP: Function) -> None:
    """Batch norm stands before the activation, dropout behind it."""
    got = _kinds(MLP, [2, 3, 4], batch_norm=True, dropout=0.5)
    right = ["Linear 2 to 3", "BatchNorm1d", "Nonlinearity", "Dropout", "Linear 3 to 4"]
    expect(got == right, ", ".join(right), ", ".join(got), "The docstring says where each of them stands.",
           inputs="MLP(sizes = [2, 3, 4], rng, batch_norm=True, dropout=0.5)", suspects={
               "dropout is never made": "Dropout" not in got,
               "batch norm is never made": "BatchNorm1d" not in got,
               "dropout stands behind the scores too": got[-1:] == ["Dropout"],
               "dropout stands before the activation": got.index("Dropout") < got.index("Nonlinearity") if "Dropout" in got else False,
               "batch norm stands behind the activation":
                   got.index("BatchNorm1d") > got.index("Nonlinearity") if "BatchNorm1d" in got else False})  # fmt: skip


def options_arrive(MLP: Function) -> None:
    """Activation, first weights and probabilities are the ones asked for."""
    model = MLP([2, 3, 4], np.random.default_rng(0), activation="tanh", init="zeros", dropout=0.25, batch_norm=True)
    layers = {type(layer): layer for layer in model.layers}
    inputs = "MLP(sizes = [2, 3, 4], rng, activation='tanh', init='zeros', dropout=0.25, batch_norm=True)"
    name = layers[Nonlinearity].activation.name
    expect(name == "tanh", "tanh between the layers", name, "Is `activation` looked up in ACTIVATIONS?", inputs=inputs,
           suspects={"the activation asked for is ignored": True})  # fmt: skip
    weights = [float(np.abs(layer.W.data).max()) for layer in model.layers if isinstance(layer, Linear)]
    expect(weights == [0, 0], "weights that are all 0, as init='zeros' says, in both layers", f"largest weights {show_list(weights)}",
           "Is `init` passed on to every Linear?", inputs=inputs, suspects={"init is not passed on": True})  # fmt: skip
    expect(layers[Dropout].p == 0.25, "dropout with p = 0.25", f"p = {layers[Dropout].p}", "Which p does Dropout get?", inputs=inputs)
    width = layers[BatchNorm1d].gamma.size
    expect(width == 3, "batch norm over 3 columns", f"{width} columns", "Between which layers does it stand?", inputs=inputs)
    pieces = MLP([2, 3, 4], np.random.default_rng(0), activation="maxout")
    kinds = [_kind(layer) for layer in pieces.layers]
    expect(kinds == ["Linear 2 to 6", "Nonlinearity", "Linear 3 to 4"], "Linear 2 to 6, Nonlinearity, Linear 3 to 4", ", ".join(kinds),
           "Maxout makes one unit out of two: `pieces` of an activation says how many.",
           inputs="MLP(sizes = [2, 3, 4], rng, activation='maxout')",
           suspects={"the pieces of the activation are forgotten": True})  # fmt: skip


def show_list(numbers: list[float]) -> str:
    """Numbers with two digits."""
    return ", ".join(f"{number:.2g}" for number in numbers)


MLP_FORWARD = Exercise(
    name="mlp_forward",
    lab=2,
    title="a multi-layer perceptron: which layers it has, and how an input goes through them",
    minutes=25,
    hints=(
        "`Sequential` keeps its layers in `self.layers`; MLP makes the list and hands it to super().__init__(*layers).",
        "For each pair of neighbouring sizes but the last: Linear, batch norm if wanted, Nonlinearity, dropout if wanted. Then one "
        "Linear, and nothing behind it. itertools.pairwise gives the pairs.",
        "for n_in, n_out in pairwise(sizes[:-1]): layers.append(Linear(n_in, n_out * function.pieces, rng, init, dtype)) and so on; "
        "in __call__: for layer in self.layers: x = layer(x).",
    ),
    why="Without the activations between them, all the layers would equal a single one, as act 1 of lab 2 shows.",
    checks=(one_layer_after_the_other, no_layer_is_a_tensor_too, which_layers, what_stands_between, options_arrive),
    mistakes=(
        mistake("each layer gets the first input", "gets the first input", "        for layer in self.layers:\n            x = layer(x)\n        return x if isinstance(x, Tensor) else Tensor(x)",
                "        for layer in self.layers:\n            y = layer(x)\n        return y"),
        mistake("the layers are used in the wrong order", "wrong order", "in self.layers:", "in self.layers[::-1]:"),
        mistake("an activation behind the last layer", "behind the last layer", "super().__init__(*layers, Linear(sizes[-2], sizes[-1], rng, init, dtype))",
                "super().__init__(*layers, Linear(sizes[-2], sizes[-1], rng, init, dtype), Nonlinearity(function, dtype))"),
        mistake("no activation between the layers", "no activation between", "layers.append(Nonlinearity(function, dtype))", "pass"),
        mistake("dropout before the activation", "before the activation", "            layers.append(Nonlinearity(function, dtype))\n            layers += [Dropout(dropout, rng)] if dropout else []",
                "            layers += [Dropout(dropout, rng)] if dropout else []\n            layers.append(Nonlinearity(function, dtype))"),
        mistake("the activation asked for is ignored", "is ignored", 'ACTIVATIONS, activation, "activation"', 'ACTIVATIONS, "relu", "activation"'),
        mistake("init is not passed on", "not passed on", "Linear(sizes[-2], sizes[-1], rng, init, dtype)", "Linear(sizes[-2], sizes[-1], rng, dtype=dtype)"),
        mistake("the pieces of the activation are forgotten", "pieces", "n_out * function.pieces", "n_out"),
        mistake("the last layer is left out", "last layer is left out", "super().__init__(*layers, Linear(sizes[-2], sizes[-1], rng, init, dtype))",
                "super().__init__(*layers)"),
    ),
)  # fmt: skip


# ---- A step of training


def _problem() -> tuple[Linear, SGD]:
    """y = w x + b with w = 2, b = 0, and gradient descent with learning rate 0.1."""
    model = Linear(1, 1, np.random.default_rng(0))
    model.W.data, model.b.data = np.array([[2.0]]), np.array([0.0])
    return model, SGD(model.parameters(), lr=0.1)


STEP = "model y = 2 x + 0, SGD with lr 0.1, mse, x = [[1]], targets [[5]]"


def one_step(training_step: Function) -> None:
    """One step of gradient descent on a line through the origin."""
    model, optimizer = _problem()
    got = training_step(model, optimizer, mse, np.array([[1.0]]), np.array([[5.0]]))
    suspects = {"the parameters were not moved": 2.0, "the step goes uphill": 1.4, "two steps were made": 2.96}
    expect_close(model.W.data[0, 0], 2.6, "w - lr · dL/dw = 2 - 0.1 · 2 (2 - 5)", "Loss, backward, step: is each there, in this order?",
                 inputs=STEP, suspects=suspects)  # fmt: skip
    expect(isinstance(got, float), "a plain number, the loss", type(got).__name__, "A Tensor holds its whole graph; .item() does not.",
           inputs=STEP, suspects={"nothing is returned": got is None, "the Tensor is returned, with the graph it holds": True})  # fmt: skip
    expect_close(got, 9.0, "the loss before the step, (2 - 5)²", "Was the loss taken before the parameters moved?", inputs=STEP,
                 suspects={"the loss is computed anew after the step": 3.24})  # fmt: skip


def old_gradients_do_not_count(training_step: Function) -> None:
    """Gradients that an earlier step left behind do not count again."""
    model, optimizer = _problem()
    for w, grad in ((2.6, 0.0), (2.96, 0.0)):
        training_step(model, optimizer, mse, np.array([[1.0]]), np.array([[5.0]]))
        words = "w after the first step" if w == 2.6 else "w after the second step: gradients of that step alone count"
        expect_close(model.W.data[0, 0], w + grad, words, "Gradients add up until zero_grad(): who calls it, and when?",
                     inputs=STEP + ", several steps", suspects={"zero_grad is never called": 3.56, "the gradient is cleared before it is used": 2.0})  # fmt: skip


def left_over_gradient(training_step: Function) -> None:
    """A gradient left over from before the first step does not count either."""
    model, optimizer = _problem()
    model.W.grad, model.b.grad = np.array([[100.0]]), np.array([100.0])
    training_step(model, optimizer, mse, np.array([[1.0]]), np.array([[5.0]]))
    expect_close(model.W.data[0, 0], 2.6, "w after the step, as if nothing had been left over", "Call zero_grad() first, not last.",
                 inputs=STEP + ", and a gradient of 100 left over", suspects={"zero_grad is called only after the step": -7.4})  # fmt: skip


def it_learns(training_step: Function) -> None:
    """A hundred steps fit a line."""
    rng = np.random.default_rng(0)
    model, optimizer = _problem()
    x = rng.uniform(-1, 1, (16, 1))
    for _ in range(300):
        loss = training_step(model, optimizer, mse, x, 3 * x - 1)
    expect(loss < 1e-4, "a loss below 0.0001", loss, "Does every call use the batch it is given?", inputs="300 steps on y = 3 x - 1")


TRAINING = Exercise(
    name="training_step",
    lab=2,
    title="one step of training",
    minutes=10,
    hints=(
        "Four things happen: old gradients go, the loss is computed, gradients are computed, the parameters move.",
        "optimizer.zero_grad(); loss(model(x), y) is a Tensor with .backward(); optimizer.step().",
        "error = loss(model(x), y) between zero_grad() and error.backward(); then optimizer.step(), and return error.item().",
    ),
    why="Every network of this course, and of any other, is trained by repeating these lines (Robbins & Monro 1951).",
    checks=(one_step, old_gradients_do_not_count, left_over_gradient, it_learns),
    mistakes=(
        mistake("zero_grad is never called", "zero_grad is never called", "optimizer.zero_grad()", "pass"),
        mistake("zero_grad is called after the step", "only after the step", "    optimizer.zero_grad()\n", "", "    optimizer.step()\n",
                "    optimizer.step()\n    optimizer.zero_grad()\n"),
        mistake("the gradient is cleared before it is used", "not moved", "    optimizer.zero_grad()\n", "", "    error.backward()\n",
                "    error.backward()\n    optimizer.zero_grad()\n"),
        mistake("the parameters are not moved", "not moved", "optimizer.step()", "pass"),
        mistake("backward is not called", "not moved", "error.backward()", "pass"),
        mistake("the Tensor is returned", "the Tensor is returned", "error.item()", "error"),
        mistake("the loss is computed anew after the step", "anew after the step", "return error.item()", "return loss(model(x), y).item()"),
        mistake("two steps are made", "two steps", "    optimizer.step()\n", "    optimizer.step()\n    optimizer.zero_grad()\n    loss(model(x), y).backward()\n    optimizer.step()\n"),
    ),
)  # fmt: skip

EXERCISES = (LINEAR, MLP_FORWARD, TRAINING)
