"""Where the playground's points come from, as the page offers it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Where points come from, as the page offers it.

    Args:
        title: what the page calls it.
        says: what one sees, in a sentence.
        noise: with which noise it is first shown.
    """

    title: str
    says: str
    noise: float = 0.0


SOURCES: dict[str, Source] = {
    "moons": Source(
        "Moons", "Two half circles that reach into each other: a straight line gets most, a curve all.", 0.15
    ),
    "circles": Source("Circles", "A circle within a circle: the best straight line gets about two thirds.", 0.1),
    "xor": Source("XOR", "Opposite corners belong together: what a single neuron cannot do.", 0.15),
    "spirals": Source("Spirals", "Two arms wound into each other: the hardest of these.", 0.03),
    "blobs": Source("Blobs", "Two round clouds: a straight line is enough.", 0.6),
    "clouds": Source("Five clouds", "Five classes on a ring: one output unit for each.", 0.2),
    "iris": Source("Iris", "150 flowers of three species by the length and width of their petals (Fisher 1936)."),
    "own": Source("Your own", "Points that you draw into the plane, or read from a CSV file."),
}
