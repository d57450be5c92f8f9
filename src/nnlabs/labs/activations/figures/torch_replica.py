"""The same network trained by two programs: their losses, and what is between them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.activations.lessons import ROUNDING
from nnlabs.labs.activations.torch_replica import apart
from nnlabs.plotting.intervals import Drawn, to_rows
from nnlabs.plotting.labels import Label, label_ends
from nnlabs.plotting.style import INK, NEUTRAL, new_figure, series_style, title
from nnlabs.units import power_of_ten, round_up

FLOOR = 1e-17


def same_losses(ours: Mapping[str, Array], theirs: Mapping[str, Array], data_line: str) -> Drawn:
    """Draw both losses by step, one over the other, and beside them how far they are apart, on a scale of powers of ten.

    Args:
        ours: by the activations' titles: the loss in nats after each step, from 0, shape (seeds, steps + 1).
        theirs: the same by the other program.
        data_line: from `style.describe_data`.
    """
    figure, axes = new_figure(10, 5.0, 1, 2)
    gaps = {name: apart(ours[name], theirs[name]).max(axis=0) for name in ours}
    largest = float(np.nanmax(list(gaps.values())))
    whole = all(np.isfinite(gap).all() for gap in gaps.values())
    never = f"losses never more than {_in_one_digit(largest)} apart"
    what = f"One network, two programs: {never if whole else 'not all losses stay finite'}"
    title(figure, what, f"{data_line} · right: the seed furthest apart; no difference at all is drawn as 10⁻¹⁷")
    left, right = axes.flat
    steps = np.arange(len(next(iter(gaps.values()))))
    for i, name in enumerate(ours):
        color = series_style(i)["color"]
        left.plot(steps, ours[name][0], color=color, alpha=0.35, linewidth=6)
        left.plot(steps, theirs[name][0], color=INK, linestyle=":", linewidth=1.6)
        right.plot(steps, np.maximum(gaps[name], FLOOR), color=color, linewidth=1.2)
    right.axhline(ROUNDING, color=NEUTRAL, linestyle="--")
    right.annotate("10⁻¹⁰ asked for", (0, ROUNDING), xytext=(4, 4), textcoords="offset points", color=INK, size=11)
    left.set(yscale="log", xlabel="step", ylabel="training loss (nats)\nbroad: NumPy engine, dotted: PyTorch")
    right.set(
        yscale="log",
        xlabel="step",
        ylabel="difference of the losses\n(nats; above 1 nat: as a share)",
        ylim=(FLOOR / 2, 10 * max(ROUNDING, largest)),
    )
    for panel, values in ((left, {name: losses[0] for name, losses in ours.items()}), (right, gaps)):
        panel.minorticks_off()
        ends = ((name, np.maximum(losses[-1], FLOOR)) for name, losses in values.items())
        label_ends(panel, [Label(name, steps[-1], end, series_style(i)["color"]) for i, (name, end) in enumerate(ends)])
    return figure, [
        row
        for name, gap in gaps.items()
        for row in to_rows(
            activation=name, step=steps, ours=ours[name][0], theirs=theirs[name][0], largest_difference=gap
        )
    ]


def _in_one_digit(value: float) -> str:
    """A number, rounded up to one digit, as "3 · 10⁻¹⁴", or "10⁻¹⁵" where the digit is 1."""
    if value == 0:
        return "0"
    digit, exponent = round_up(value).split("e")
    power = power_of_ten(int(exponent))
    return power if digit == "1" else f"{digit} · {power}"
