"""What went wrong, said to a person: one sentence on what happened, where, and what to do about it."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from nnlabs.console import make_printing_safe


class UserError(Exception):
    """A mistake or a circumstance that a user can act upon; its text is the whole message, no traceback needed."""

    exit_code = 1


class ConfigError(UserError):
    """A configuration or command line that cannot be run as written.

    Args:
        message: the sentence.
        key: dotted name of the setting at fault (`train.lr`), so that the loader can add where it was set.
    """

    exit_code = 2

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class DataError(UserError):
    """A data set that is missing, damaged, or cannot be had."""


class RunError(UserError):
    """A run, or a folder of results, that cannot be made, read or continued."""


def run_as_script(main: Callable[[], object]) -> int:
    """Call `main` as the body of a command; what it raises becomes a message and an exit code.

    Args:
        main: the command; a whole number that it returns is the exit code, anything else stands for 0.

    Returns:
        0 when all went well, the error's own `exit_code` after a `UserError`, 130 after Ctrl-C, 141 where nobody reads on;
        told to end by SIGTERM, the program exits with 143.
    """
    make_printing_safe()
    _end_on_sigterm()
    if "ipykernel" not in sys.modules:  # a notebook passes its backend on to programs, which have none of that name
        os.environ["MPLBACKEND"] = "agg"
    try:
        returned = main()
        sys.stdout.flush()  # so that a closed pipe shows here, not while Python shuts down
        return returned if isinstance(returned, int) else 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except PermissionError as error:
        print(f"error: {error.filename}: you may not read or write this; change its permissions", file=sys.stderr)
        return UserError.exit_code
    except KeyboardInterrupt:
        anew = any(word.partition("=")[0] == "--fresh" for word in sys.argv)  # would delete what is finished
        without = ", without --fresh," if anew else ""
        print(f"\nStopped by Ctrl-C. The same command again{without} makes what is not finished.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # `nnlabs list | head` closes our output early; that is no error of ours. What is still in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13  # as shells have it, so that nobody takes a lab that was cut off for a complete one
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            print(f"error: a name is too long for the file system: {error.filename}", file=sys.stderr)
            return ConfigError.exit_code
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("error: what was to be printed could not be written: the disk is full", file=sys.stderr)
        return UserError.exit_code


def _end_on_sigterm() -> None:
    """Let SIGTERM end a program as Ctrl-C does, so that it stops the processes that work for it."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    with contextlib.suppress(ValueError):  # signals are the main thread's affair
        signal.signal(signal.SIGTERM, end)
