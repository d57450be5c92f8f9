"""Checks of `mlp_forward`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import Array, expect, expect_close
from nnlabs.scratch.layers import BatchNorm1d, Dropout, Linear, Module, Nonlinearity
from nnlabs.scratch.tensor import Tensor


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
    expect(
        log == ["double", "add 1"],
        "each layer called once, in order",
        ", ".join(log),
        "Is a layer called twice?",
        inputs=inputs,
        suspects={"a layer is called twice": len(log) > 2},
    )


def no_layer_is_a_tensor_too(Sequential: Function) -> None:
    """Without layers, the input comes back as a Tensor."""
    got = Sequential()(np.array([3.0]))
    expect(
        isinstance(got, Tensor),
        "Tensor([3])",
        got,
        "Make a Tensor of what is none yet.",
        inputs="Sequential()(np.array([3]))",
        suspects={"an array that no layer made a Tensor of is returned as it is": True},
    )


def _kinds(MLP: Function, sizes: list[int], **options: Any) -> list[str]:
    model = MLP(sizes, np.random.default_rng(0), **options)
    # a dropout of 0 hands on what it gets: with it or without it, the network is the same
    return [_kind(layer) for layer in model.layers if not (isinstance(layer, Dropout) and layer.p == 0)]


def _kind(layer: Any) -> str:
    if isinstance(layer, Linear):
        return f"Linear {layer.W.shape[0]} to {layer.W.shape[1]}"
    return type(layer).__name__


def which_layers(MLP: Function) -> None:
    """Linear layers of the given sizes, with an activation between each two and none behind the last."""
    for sizes in ([2, 3], [2, 3, 4], [5, 4, 3, 2]):
        got = _kinds(MLP, sizes)
        right = [f"Linear {sizes[0]} to {sizes[1]}"]
        for n_in, n_out in pairwise(sizes[1:]):
            right += ["Nonlinearity", f"Linear {n_in} to {n_out}"]
        linears, activations = [k for k in got if k[0] == "L"], got.count("Nonlinearity")
        expect(
            got == right,
            ", ".join(right),
            ", ".join(got),
            "The last layer gives scores of any size: what follows it?",
            inputs=f"MLP(sizes = {sizes}, rng)",
            suspects={
                "an activation stands behind the last layer": bool(got) and got[-1] == "Nonlinearity",
                "there is no activation between the layers": activations == 0 and len(linears) > 1,
                "the last layer is left out": linears == right[::2][:-1],
                "inputs and outputs of the layers are the wrong way round": "Linear 3 to 2" in got and sizes == [2, 3],
            },
        )


def what_stands_between(MLP: Function) -> None:
    """Batch norm stands before the activation, dropout behind it."""
    got = _kinds(MLP, [2, 3, 4], batch_norm=True, dropout=0.5)
    right = ["Linear 2 to 3", "BatchNorm1d", "Nonlinearity", "Dropout", "Linear 3 to 4"]
    expect(
        got == right,
        ", ".join(right),
        ", ".join(got),
        "The docstring says where each of them stands.",
        inputs="MLP(sizes = [2, 3, 4], rng, batch_norm=True, dropout=0.5)",
        suspects={
            "dropout is never made": "Dropout" not in got,
            "batch norm is never made": "BatchNorm1d" not in got,
            "dropout stands behind the scores too": got[-1:] == ["Dropout"],
            "dropout stands before the activation": "Dropout" in got
            and got.index("Dropout") < got.index("Nonlinearity"),
            "batch norm stands behind the activation": "BatchNorm1d" in got
            and got.index("BatchNorm1d") > got.index("Nonlinearity"),
        },
    )


def options_arrive(MLP: Function) -> None:
    """Activation, first weights and probabilities are the ones asked for."""
    model = MLP([2, 3, 4], np.random.default_rng(0), activation="tanh", init="zeros", dropout=0.25, batch_norm=True)
    layers = {type(layer): layer for layer in model.layers}
    inputs = "MLP(sizes = [2, 3, 4], rng, activation='tanh', init='zeros', dropout=0.25, batch_norm=True)"
    name = layers[Nonlinearity].activation.name
    expect(
        name == "tanh",
        "tanh between the layers",
        name,
        "Is `activation` looked up in ACTIVATIONS?",
        inputs=inputs,
        suspects={"the activation asked for is ignored": True},
    )
    weights = [float(np.abs(layer.W.data).max()) for layer in model.layers if isinstance(layer, Linear)]
    expect(
        weights == [0, 0],
        "weights that are all 0, as init='zeros' says, in both layers",
        f"largest weights {_in_words(weights)}",
        "Is `init` passed on to every Linear?",
        inputs=inputs,
        suspects={"init is not passed on": True},
    )
    expect(
        layers[Dropout].p == 0.25,
        "dropout with p = 0.25",
        f"p = {layers[Dropout].p}",
        "Which p does Dropout get?",
        inputs=inputs,
    )
    width = layers[BatchNorm1d].gamma.size
    expect(
        width == 3,
        "batch norm over 3 columns",
        f"{width} columns",
        "Between which layers does it stand?",
        inputs=inputs,
    )
    kinds = _kinds(MLP, [2, 3, 4], activation="maxout")
    expect(
        kinds == ["Linear 2 to 6", "Nonlinearity", "Linear 3 to 4"],
        "Linear 2 to 6, Nonlinearity, Linear 3 to 4",
        ", ".join(kinds),
        "Maxout makes one unit out of two: `pieces` of an activation says how many.",
        inputs="MLP(sizes = [2, 3, 4], rng, activation='maxout')",
        suspects={"the pieces of the activation are forgotten": True},
    )


def batch_norm_fits_maxout(MLP: Function) -> None:
    """Batch norm before maxout has a column for each piece of each unit."""
    model = MLP([2, 3, 4], np.random.default_rng(0), activation="maxout", batch_norm=True)
    width = sum(layer.gamma.data.size for layer in model.layers if isinstance(layer, BatchNorm1d))
    expect(
        width == 6,
        "batch norm over 6 columns, as many as come out of the layer before it",
        f"{width} columns",
        "Maxout makes one unit out of two, behind the batch norm: how many columns are there before it?",
        inputs="MLP(sizes = [2, 3, 4], rng, activation='maxout', batch_norm=True)",
        suspects={"batch norm has a column a unit, not a column a piece": width == 3},
    )


def numbers_are_of_the_dtype(MLP: Function) -> None:
    """Every parameter is of the dtype asked for, those that an activation or batch norm learns too."""
    inputs = "MLP(sizes = [2, 3, 4], rng, activation='prelu', batch_norm=True, dtype=np.float32)"
    rng = np.random.default_rng(0)
    model = MLP([2, 3, 4], rng, activation="prelu", batch_norm=True, dtype=np.float32)
    for layer in model.layers:
        kinds = sorted({str(parameter.data.dtype) for parameter in layer.parameters()})
        expect(
            set(kinds) <= {"float32"},
            f"float32 in {_kind(layer)}",
            ", ".join(kinds),
            "Does every layer with parameters get `dtype`?",
            inputs=inputs,
            suspects={"dtype is not passed on": True},
        )


def drawn_from_rng(MLP: Function) -> None:
    """Weights and dropout are drawn from rng: equal seeds make equal networks, other seeds others."""

    def output(seed: int) -> Array:
        model = MLP([3, 40, 40, 4], np.random.default_rng(seed), dropout=0.5)
        model.train()
        return np.asarray(model(np.ones((5, 3))).data)

    def weights(seed: int) -> list[Array]:
        model = MLP([3, 4, 5], np.random.default_rng(seed))
        return [layer.W.data for layer in model.layers if isinstance(layer, Linear)]

    think = "Is it `rng` that Linear and Dropout get, and no generator made here?"
    first, again, other = weights(0), weights(0), weights(1)
    alike = all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    inputs = "MLP(sizes = [3, 4, 5], rng) with a new generator of seed 0, twice"
    causes = {"rng is not used for the weights": True}
    expect(alike, "the same weights twice", "other weights", think, inputs=inputs, suspects=causes)
    inputs = "MLP(sizes = [3, 4, 5], rng) with generators of seeds 0 and 1"
    changed = not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    expect(changed, "other weights in both layers", "the same weights", think, inputs=inputs, suspects=causes)
    expect(
        bool(np.array_equal(output(0), output(0))),
        "the same scores twice",
        "other scores",
        think,
        inputs="MLP(sizes = [3, 40, 40, 4], rng, dropout=0.5) in training, twice with a new generator of seed 0",
        suspects={"rng is not used for dropout": True},
    )


def layers_of_their_own(MLP: Function) -> None:
    """Each layer has parameters of its own: what one activation or batch norm learns is no other's."""
    model = MLP([2, 3, 3, 3], np.random.default_rng(0), activation="prelu", batch_norm=True)
    for kind in (Nonlinearity, BatchNorm1d):
        layers = [layer for layer in model.layers if isinstance(layer, kind)]
        expect(
            len(layers) == len({id(layer) for layer in layers}) == 2,
            f"two different layers {kind.__name__}",
            "one layer, twice",
            "Where is it made: once before the loop, or for each pair of layers?",
            inputs="MLP(sizes = [2, 3, 3, 3], rng, activation='prelu', batch_norm=True)",
            suspects={"one and the same layer stands in several places": True},
        )


def unknown_name(MLP: Function) -> None:
    """A name that is in no table is a ValueError."""
    inputs = "MLP(sizes = [2, 3, 4], rng, activation='relou')"
    try:
        MLP([2, 3, 4], np.random.default_rng(0), activation="relou")
        got = "no error"
    except ValueError:
        return
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
    expect(
        False,
        "a ValueError",
        got,
        "What does a dictionary raise for a key that it has not, and what does the docstring say?",
        inputs=inputs,
        suspects={
            "the error is the dictionary's own": got.startswith("KeyError"),
            "nothing is said": got == "no error",
        },
    )


def _in_words(numbers: list[float]) -> str:
    """Numbers with two digits."""
    return ", ".join(f"{number:.2g}" for number in numbers)
