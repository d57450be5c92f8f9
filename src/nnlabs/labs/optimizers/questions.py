"""What lab 4 asks before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnlabs.labkit.questions.number import Number
from nnlabs.labkit.questions.question import Question
from nnlabs.labkit.questions.ranking import Ranking
from nnlabs.labs.optimizers.lessons import RAVINE
from nnlabs.labs.optimizers.settings import schedule_in_words, surface_optimizers

TOP = 3
CONSTANT, COSINE = "constant", "cosine"


def questions(settings: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions, in the order of the acts.

    Args:
        settings: of the lab, as `--print_config` gives them.
    """
    names, tuning = tuple(settings["competitors"]), settings["tuning"]
    descending = surface_optimizers(settings["competitors"], settings["train"]["optimizer"])
    first, scheduled = names[0], settings["schedules"]["competitors"][0]
    schedule = schedule_in_words(settings["train"]["schedule"], settings["train"]["warmup_epochs"])
    return (
        Ranking(
            "ravine",
            "A ravine: steep from wall to wall, nearly flat along its floor. Each optimizer takes the best of the same "
            "learning rates. Which are first to be 99 % of the way down, and to stay there?",
            "Along the floor the gradient is small, and a rate that would be right there is too large for the walls. "
            "What remembers earlier steps, or measures each direction by its own scale, is not held up by the walls.",
            f"paths.steps_until_down.{RAVINE}.{{}}",
            tuple(descending),
            "steps",
            "the fewest steps",
            places=min(TOP, len(descending)),
            lowest=True,
        ),
        Number(
            "luck",
            f"{tuning['trials']} trials of {first}, each with {_drawn(tuning, first)}. By how many "
            "points do the best and the worst differ on validation?",
            "The learning rate decides how far one gets in the time there is: too low learns hardly anything, too high "
            "jumps about or diverges. Next to that the choice of the optimizer is a small thing.",
            f"tuning.{first}.best_validation_accuracy",
            "points",
            low=0,
            high=100,
            minus=f"tuning.{first}.worst_validation_accuracy",
            scale=100,
        ),
        Ranking(
            "leader",
            f"All tuned with the same number of trials ({tuning['trials']}), then trained from "
            f"{len(settings['seeds'])} fresh seeds: which are right most often on validation?",
            "After equal tuning most differences are smaller than what other seeds change; who is told apart here has "
            "earned it. Comparisons that tune one and take the others as they come find larger ones.",
            "finals.{}.validation_accuracy",
            names,
            "% right",
            "the most right answers",
            places=min(TOP, len(names)),
            scale=100,
        ),
        Number(
            "cosine",
            f"{scheduled} with the learning rate that was best in its trials, which had {schedule}: kept constant, or let fall to "
            "0 along half a cosine. How many points does the cosine gain on validation? (Less than 0: it loses.)",
            "High rates cover the distance, low ones settle: a rate that falls does both. How much that is worth hangs "
            "on how long the training is, and on the rate: one that was best where it fell may be too high to be kept.",
            f"grid.validation_accuracy.{scheduled}.{COSINE}",
            "points",
            low=-50,
            high=60,
            minus=f"grid.validation_accuracy.{scheduled}.{CONSTANT}",
            scale=100,
        ),
    )


def _drawn(tuning: Mapping[str, Any], competitor: str) -> str:
    space = tuning["spaces"][competitor]
    low, high = space["train.lr"]["log_uniform"]
    others = [name.partition(".")[2].replace("_", " ") for name in space if name != "train.lr"]
    and_so = f", and its {' and '.join(others)} likewise" if others else ""
    return f"a learning rate drawn between {low:g} and {high:g}, evenly over the powers of ten{and_so}"
