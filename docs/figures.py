"""Copy the figures that README and docs/ show out of the results, small enough to be committed.

    nnlabs reproduce --preset full && python docs/figures.py

A lab whose preset `full` is not complete gives its figure from `quick`, whose title says on how little data it was made; one made
on a stand-in for the real data is refused. Figures that show pictures out of CIFAR-10 or Fashion-MNIST do not belong here.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image

from nnlabs.errors import RunError, UserError
from nnlabs.files import open_whole
from nnlabs.paths import results_root
from nnlabs.records import read_json

FIGURES = Path(__file__).parent / "figures"
# What the pages show, each as LAB/FILE.
SHOWN = (
    "activations/2_learning.gif",
    "perceptron/1_film_strip.png",
    "activations/2_boundaries.png",
    "activations/8_back_propagation.png",
    "regularization/1_generalization_gap.png",
    "regularization/1_wrong_labels_gap.png",
    "optimizers/4_race.png",
)
WIDTH = 1000  # pixels: sharp at the width of a page
COLORS = 256  # a palette, as a drawing has few colors: a third of the bytes


def main() -> None:
    """Copy them all."""
    FIGURES.mkdir(exist_ok=True)
    for name in SHOWN:
        lab, _, file = name.partition("/")
        source = find_preset(lab) / file
        target = FIGURES / f"{lab}_{file}"
        with open_whole(target, "wb") as out:
            if source.suffix == ".gif":
                shutil.copyfileobj(source.open("rb"), out)
            else:
                shrink(source).save(out, "PNG", optimize=True)
        print(f"{target.name}: {target.stat().st_size / 1024:.0f} kB, from {source.parent}")


def find_preset(lab: str) -> Path:
    """The folder of a lab's most thorough complete preset.

    Args:
        lab: its name.

    Raises:
        RunError: where there is none, or it was made on a stand-in.
    """
    for preset in ("full", "quick"):
        folder = results_root() / lab / preset
        if (folder / "result.json").is_file():
            if stand_in_for := read_json(folder / "result.json")["stand_in_for"]:
                raise RunError(f"{folder} was made on a stand-in for {stand_in_for}: get the real data first")
            return folder
    raise RunError(f"there are no results of {lab} in {results_root()}: run `nnlabs reproduce --preset full` first")


def shrink(path: Path) -> Image.Image:
    """A figure at the width of a page, in a palette.

    Args:
        path: a PNG file.
    """
    with Image.open(path) as image:
        height = round(image.height * WIDTH / image.width)
        small = image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    return small.quantize(COLORS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
