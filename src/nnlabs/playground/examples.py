"""Settings that are known to work, and settings that are known to fail, with what to see."""

from __future__ import annotations

from dataclasses import dataclass

from nnlabs.playground.missions import same
from nnlabs.playground.settings import HiddenLayer, Settings


@dataclass(frozen=True)
class Example:
    """Settings worth looking at.

    Args:
        title: short.
        good: whether they work.
        says: what to see, and why.
        settings: to be tried.
    """

    title: str
    good: bool
    says: str
    settings: Settings


EXAMPLES: tuple[Example, ...] = (
    Example(
        "Moons, a smooth start",
        True,
        "Two layers of tanh with Xavier's initialization and Adam: done in some 40 epochs. Look how the first layer's units are "
        "single straight edges, and the second layer's are bent.",
        Settings(),
    ),
    Example(
        "Spirals with ReLU and Adam",
        True,
        "Three layers of ReLU with He's initialization: the plane is cut into straight pieces, and the arms come apart in some "
        "20 epochs, with other seeds a little later.",
        Settings(
            "spirals",
            n=400,
            noise=0.03,
            layers=same([16, 16, 8], "relu"),
            init="he",
            lr=0.01,
            schedule="cosine",
            epochs=200,
        ),
    ),
    Example(
        "Five classes",
        True,
        "One output unit for each class; where two are equally sure, the color fades.",
        Settings("clouds", n=400, noise=0.2, layers=same([12], "tanh")),
    ),
    Example(
        "Iris",
        True,
        "Two petal measurements tell setosa at once; versicolor and virginica overlap, and no network can part them wholly.",
        Settings("iris", noise=0.0, layers=same([6], "tanh"), l2=0.001),
    ),
    Example(
        "A layer of its own kind",
        True,
        "Each layer may have an activation of its own: here tanh, then GELU.",
        Settings("circles", noise=0.1, layers=(HiddenLayer(6, "tanh"), HiddenLayer(6, "gelu"))),
    ),
    Example(
        "Learning rate too high",
        False,
        "Plain gradient descent at a rate of 3: the loss jumps, and nearly half of the ReLUs die early.",
        Settings("spirals", noise=0.03, layers=same([8, 8], "relu"), init="he", optimizer="sgd", lr=3.0),
    ),
    Example(
        "All weights zero",
        False,
        "Every unit computes the same and gets the same gradient, so nothing is ever learned. Any random initialization "
        "repairs it.",
        Settings("moons", init="zeros"),
    ),
    Example(
        "Ten layers of sigmoid",
        False,
        "The slope of sigmoid is at most 1/4, so each layer takes most of the gradient away: look at the bars of the first layers.",
        Settings("moons", layers=same([8] * 10, "sigmoid"), init="xavier"),
    ),
    Example(
        "No activation",
        False,
        "Three layers, but linear ones: together they are one straight line, which cannot part a circle from the ring around it.",
        Settings("circles", noise=0.1, layers=same([8, 8], "identity")),
    ),
    Example(
        "Learned by heart",
        False,
        "60 noisy points and over a thousand weights: the training loss goes to 0 and the test loss rises. Try L2 at 0.03.",
        Settings("moons", n=120, noise=0.35, test_share=0.5, layers=same([32, 32], "relu"), init="he", lr=0.01),
    ),
)
