"""Options that several commands have."""

from __future__ import annotations

import argparse

from nnlabs.console import shell_line


def add_results(parser: argparse.ArgumentParser) -> None:
    """Add `--results DIR`, to be given to `paths.results_root`.

    Args:
        parser: of a command that reads or writes results.
    """
    parser.add_argument(
        "--results", metavar="DIR", help="folder of results; default: NNLABS_RESULTS, else results/ of the checkout"
    )


def command_line(*words: str, results: str | None = None) -> str:
    """A command as it can be pasted into a shell.

    Args:
        *words: the command's; those with blanks in them are quoted.
        results: what was given as `--results`, if anything was.

    Example:
        >>> command_line("nnlabs", "report", results="my results")
        "nnlabs report --results 'my results'"
    """
    return shell_line([*words, *(["--results", results] if results else [])])
