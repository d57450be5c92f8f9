"""What lab 1 asks before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnlabs.labkit.questions.number import Number
from nnlabs.labkit.questions.question import Question
from nnlabs.labkit.questions.ranking import Ranking
from nnlabs.labs.perceptron.findings import counted


def questions(settings: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions, in the order of the acts.

    Args:
        settings: of the lab, as `--print_config` gives them.
    """
    return (
        Number(
            "mistakes",
            "A perceptron learns to tell 50 setosa from 50 versicolor by the length and width of their sepals, shown "
            "one after another in random order, again and again. A line separates them. How many mistakes does it make "
            "until it makes no more?",
            "Each mistake adds or takes away a whole flower, a vector of length 5 to 8, while the widest boundary "
            "leaves only γ = 0.05 on either side: it overshoots again and again. Theory counts the same: at most "
            "(R/γ)² mistakes, R being the longest vector.",
            "learning.mistakes",
            "mistakes",
            low=1,
            high=100_000,
            log=True,
        ),
        Number(
            "bound",
            f"Novikoff's theorem allows (R/γ)² mistakes. Two pairs of species, by sepals, petals or all four, centered "
            f"or not, {counted(settings['orders'], 'order')} of the flowers each: the run that comes closest to its bound, how "
            "much of it does it use up?",
            "The bound holds for the worst order and for the worst data of that margin. Real flowers are friendlier: "
            "most mistakes turn the weights further toward a separating line than the proof may assume.",
            "theory.closest_to_bound",
            "%",
            low=0,
            high=100,
            scale=100,
        ),
        Ranking(
            "unseen",
            "No line separates versicolor from virginica, so the perceptron never rests. On flowers it has not seen, "
            "which is wrong most often: the weights it ends with, the best ones on the way (pocket), or the mean of "
            "all (average)?",
            "Where nothing settles, the last weights are those after whatever mistake came last. The pocket keeps what "
            "did best so far, and the average wipes out the to and fro.",
            "settling.test_error.{}",
            ("last weights", "pocket", "average"),
            "% wrong",
            "the most mistakes on unseen flowers",
            places=1,
            scale=100,
        ),
        Number(
            "xor",
            "The four points of XOR, shown in turn, always in the same order. No line separates them. After how many "
            "mistakes are the weights back where they were?",
            "Each point in turn is answered wrongly, and the four corrections y (x₁, x₂, 1) add up to nothing: the "
            "weights are where they were, and all begins again, for ever.",
            "XOR.period",
            "mistakes",
            low=1,
            high=1000,
            log=True,
        ),
        Number(
            "product",
            "Now the perceptron gets x₁x₂ as a third feature of the same four points. After how many mistakes does it "
            "make no more?",
            "With 0 and 1 as inputs, x₁ + x₂ - 2x₁x₂ is the answer, so that a plane separates the points once x₁x₂ is "
            "there. But it lies close to them, and the weights, which change by whole points, take some turns to fit.",
            "XOR.with_product.mistakes",
            "mistakes",
            low=1,
            high=1000,
            log=True,
        ),
    )
