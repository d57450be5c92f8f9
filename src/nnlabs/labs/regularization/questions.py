"""What lab 3 asks before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnlabs.labkit.questions.number import Number
from nnlabs.labkit.questions.question import Question
from nnlabs.labkit.questions.ranking import Ranking
from nnlabs.labs.regularization.settings import PLAIN, TOGETHER, learns_from_other_data

TOP = 3
PENALTIES = ("dropout", "L1")  # the first of them that the preset has is asked for


def questions(settings: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions, in the order of the acts.

    Args:
        settings: of the lab, as `--print_config` gives them.
    """
    techniques = tuple(name for name in settings["techniques"] if name != PLAIN)
    models = tuple(
        name for name, changes in settings["topologies"]["models"].items() if not learns_from_other_data(changes)
    )
    asked = next(name for name in PENALTIES if name in techniques)
    return (
        Number(
            "plain_gap",
            f"A multi-layer perceptron with hidden layers of {_units(settings)} learns {_examples(settings)} for "
            f"{settings['train']['epochs']} epochs, without any regularization. By how many points is it right more "
            "often on these than on the validation split?",
            "A network with more weights than examples can learn each of them by heart, and what is learned by heart "
            "helps with no other. The gap is that part of what it learned.",
            f"techniques.clean.{PLAIN}.gap",
            "points",
            low=0,
            high=100,
            scale=100,
        ),
        Number(
            "closed",
            f"And with {asked} ({_changes(settings['techniques'][asked])})? How many points of that gap does it close?",
            "What holds the network back on its own examples closes the gap from above: training accuracy falls. "
            "Whether validation rises is another question, and the table has the answer.",
            f"techniques.clean.{PLAIN}.gap",
            "points",
            low=-20,
            high=100,
            minus=f"techniques.clean.{asked}.gap",
            scale=100,
        ),
        Ranking(
            "narrowest",
            "Which technique alone leaves the narrowest gap?",
            "Each example that comes shifted or mirrored comes in many guises, so that there is more to learn by heart; stopping "
            "early leaves less time to, where validation turns soon enough. A penalty has to work against the loss, and how far "
            "it gets hangs on its strength.",
            "techniques.clean.{}.gap",
            techniques,
            "points of gap",
            "the narrowest gap",
            places=1,
            lowest=True,
            scale=100,
        ),
        Number(
            "together",
            f"Some techniques together ({_changes(settings['together'])}): how many points more than the plain network does it "
            "get right on test?",
            "A narrow gap is not yet a better network: only what is learned beyond the training examples counts. Where "
            "these are few or labels are wrong, there is more to win.",
            f"techniques.clean.{TOGETHER}.test",
            "points",
            low=-20,
            high=50,
            minus=f"techniques.clean.{PLAIN}.test",
            scale=100,
        ),
        Ranking(
            "structure",
            "Networks of different structure, the same examples: which are right most often on test?",
            "A convolution looks for the same pattern everywhere, which is true of images and signals and need not be "
            "learned. A perceptron has to find every place anew.",
            "topologies.{}.test",
            models,
            "% right on test",
            "the most right answers",
            places=min(TOP, len(models)),
            scale=100,
        ),
    )


def _units(settings: Mapping[str, Any]) -> str:
    return " and ".join(map(str, settings["model"]["widths"])) + " units"


def _examples(settings: Mapping[str, Any]) -> str:
    size, name = settings["data"]["train_size"], settings["data"]["name"]
    return f"{size or 'all'} training examples of {name}"


def _changes(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.partition('.')[2]} {_plain(value)}" for name, value in changes.items())


def _plain(value: Any) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value).lower()
