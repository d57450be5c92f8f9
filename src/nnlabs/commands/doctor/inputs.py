"""What can be wrong with what a network is given to learn from: checks like those of `diagnoses`, which lists them all."""

from __future__ import annotations

from nnlabs.commands.doctor.diagnosis import Diagnosis, Facts

FAR_STD, FAR_MEAN = 2.0, 0.5


def all_alike(facts: Facts) -> Diagnosis | None:
    """All training examples that were looked at are the same: a matter of fact, no threshold.

    Pictures of one plain color are 0 everywhere once they are normalized: no ReLU unit wakes, and no gradient comes through.
    """
    probe = facts.probe
    if not probe.alike:
        return None
    return Diagnosis(
        "Inputs all alike",
        f"the {probe.images} training images sent through the network are the same, number for number, though they are of "
        f"{probe.classes} classes: nothing tells these apart.",
        "docs/guide.md, Data: how to give a folder of your own",
        "other images. Open some of each class, and look whether they were saved, exported or copied as they should have been.",
    )


def not_normalized(facts: Facts) -> Diagnosis | None:
    """Inputs with a mean beyond ±0.5 or a standard deviation outside 0.5 to 2.

    Normalized inputs have 0 and 1 up to the noise of a batch, 0.05 at most; pixels from 0 to 1 have deviations from 0.25 to 0.35,
    and pixels from 0 to 255 have 64 to 90. LeCun et al., "Efficient BackProp", 1998, section 4.3, say why it matters.
    """
    mean, std = facts.probe.input_mean, facts.probe.input_std
    if abs(mean) <= FAR_MEAN and 1 / FAR_STD <= std <= FAR_STD:
        return None
    return Diagnosis(
        "Inputs not normalized",
        f"the network's inputs have mean {mean:.3g} and standard deviation {std:.3g}; they should have 0 and 1.",
        "docs/guide.md, Settings; compare the two with: nnlabs compare RUN_A RUN_B",
        "--data.normalize true. Otherwise a step pushes most weights into a first-layer unit the same way, and too far.",
    )


def not_shuffled(facts: Facts) -> Diagnosis | None:
    """A batch's number of classes lies nearer to that of sorted labels than to that of a random draw.

    Both follow from the labels themselves. Where they differ by less than half a class (one batch that holds everything), order
    does not matter.
    """
    found = facts.probe.mixture
    if found.mixed - found.by_class < 0.5 or found.found > (found.mixed + found.by_class) / 2:
        return None
    return Diagnosis(
        "Labels not shuffled",
        f"a batch of {found.size} images holds {found.found:.1f} classes on average; drawn at random it would hold "
        f"{found.mixed:.1f}. Each step unlearns what the one before it learned.",
        "docs/guide.md, Settings; compare the two with: nnlabs compare RUN_A RUN_B",
        "--data.shuffle true",
    )
