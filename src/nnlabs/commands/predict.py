"""The `nnlabs predict` command: what a trained network takes pictures for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nnlabs.commands.options import add_results
from nnlabs.errors import DataError
from nnlabs.paths import expand_home, results_root
from nnlabs.runs.lookup import find_folder, read_run

if TYPE_CHECKING:
    from nnlabs.runs.predict import Predictor


def predict_command(arguments: Sequence[str]) -> int:
    """Run `nnlabs predict ...`: a line a picture with its likeliest classes.

    Args:
        arguments: the command line after it.

    Returns:
        0, or 1 where a picture could not be read; the others are predicted all the same.

    Raises:
        UserError: where there is no such run, it is not finished, or its network takes no pictures.
    """
    parser = argparse.ArgumentParser(
        prog="nnlabs predict",
        allow_abbrev=False,
        description="Say what a trained network takes pictures for. The middle square of each is brought to the network's size, "
        "in gray where it learned from gray ones; the data it learned from need not be there.",
    )
    parser.add_argument("run", metavar="RUN", help="a run's folder, its name or the beginning of it")
    parser.add_argument(
        "images", metavar="IMAGE", nargs="+", type=expand_home, help="an image file of any size and kind"
    )
    parser.add_argument("--top", metavar="N", type=int, default=3, help="classes to show, likeliest first; default: 3")
    add_results(parser)
    options = parser.parse_args(arguments)
    run = read_run(find_folder(options.run, results_root(options.results)))
    predictor = run.predictor
    predictor.check_takes_pictures()
    width = max(len(str(path)) for path in options.images)
    read = [_tell(predictor, path, max(1, options.top), width) for path in options.images]
    return 0 if all(read) else 1


def _tell(predictor: Predictor, path: Path, count: int, width: int) -> bool:
    """Print what a picture is taken for; whether it could be read."""
    try:
        (likeliest,) = predictor(path).top(count)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return False
    print(f"{path!s:<{width}}  {', '.join(f'{name} {100 * probability:.1f} %' for name, probability in likeliest)}")
    if remark := predictor.remark(path):
        print(f"notice: {remark}", file=sys.stderr)
    return True
