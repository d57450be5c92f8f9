"""Options that several commands have."""

from __future__ import annotations

import argparse


def add_results(parser: argparse.ArgumentParser) -> None:
    """Add `--results DIR`, to be given to `paths.results_root`.

    Args:
        parser: of a command that reads or writes results.
    """
    parser.add_argument(
        "--results", metavar="DIR", help="folder of results; default: NNLABS_RESULTS, else results/ of the checkout"
    )
