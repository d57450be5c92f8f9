"""What lab 2 asks before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnlabs.labkit.questions.number import Number
from nnlabs.labkit.questions.question import Question
from nnlabs.labkit.questions.ranking import Ranking
from nnlabs.labs.activations.settings import ELEMENTWISE

PROBLEMS = ("XOR", "moons", "circles", "spirals", "digits")
NORMAL, RELU = "normal", "ReLU"
TOP = 3
LEFT = "of the last layer's gradient, in powers of ten"


def questions(settings: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions, in the order of the acts.

    Args:
        settings: of the lab, as `--print_config` gives them.
    """
    deep, inits = tuple(ELEMENTWISE[name] for name in settings["deep_activations"]), tuple(settings["inits"])
    depth, width, rate = settings["depths"][-1], settings["width"], settings["rates"][-1]
    return (
        Ranking(
            "straight",
            "The same small network, with no function between its layers at all, learns five problems: XOR, two moons, "
            "two circles one around the other, two spirals, and images of ten digits. On which is it right most often, "
            "on examples it has not seen?",
            "Without a bend between them all layers together draw straight boundaries only. Counting dimensions helps "
            "more than looking: in the 64 of the digits straight cuts go far, in the two of a circle around a circle "
            "there is none.",
            "training.validation_accuracy.Identity.{}",
            PROBLEMS,
            "% right",
            "the most right answers",
            places=len(PROBLEMS),
            scale=100,
        ),
        Ranking(
            "dies_first",
            f"A network of {depth} layers, {width} units each, before it learns; its weights are drawn from a plain "
            "normal distribution that is much too narrow. Going back from the last layer to the first, with which "
            "activation is least of the gradient left?",
            "On its way back, the gradient is multiplied at every layer by the weights and by the activation's slope. "
            "The narrow weights cost all of them the same; the slope at 0 is 1/4 for sigmoid, 1/2 for GELU and SiLU, 1 "
            "for tanh, and 1 for half of ReLU's inputs.",
            f"depth.log10_first_to_last.{{}} and {NORMAL}",
            deep,
            LEFT,
            "the least gradient left in the first layer",
            places=1,
            lowest=True,
        ),
        Number(
            "sigmoid",
            "The same network with sigmoid: what is left of the last layer's gradient in the first, as a power of "
            "ten? (-3: a thousandth; 0: all of it.)",
            "Layer by layer a factor below 1, and factors multiply: the power of ten grows in proportion to the depth. "
            "Sigmoid's slope of at most 1/4 alone costs 0.6 powers of ten a layer, the narrow weights the rest.",
            f"depth.log10_first_to_last.Sigmoid and {NORMAL}",
            "powers of ten",
            low=-200,
            high=10,
        ),
        Ranking(
            "start",
            f"ReLU, {depth} layers: with which way of drawing the first weights is most of the gradient left?",
            "ReLU lets half of what comes through, so that the weights' variance must be doubled to make up for it: "
            "2/n, as He's start has it. Xavier's and LeCun's have 1/n here, which costs a factor of √2 at each layer; the plain "
            "normal one knows no n at all.",
            f"depth.log10_first_to_last.{RELU} and {{}}",
            inits,
            LEFT,
            "the most gradient left in the first layer",
            places=min(TOP, len(inits)),
        ),
        Number(
            "dead",
            f"A network with ReLU learns the digits with the learning rate {rate:g}. How many of its hidden units are "
            "dead in the end, that is, at 0 for every image?",
            "A large step moves all weights into a unit at once; behind another ReLU, whose outputs are never negative, "
            "its input can then lie below 0 for every image. The slope is 0 there, too, so that it gets no gradient of "
            "its own. Adam's steps are about as long as the learning rate, however small the "
            "gradient is.",
            "death.dead_share.ReLU",
            "%",
            low=0,
            high=100,
            scale=100,
        ),
    )
