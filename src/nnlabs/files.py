"""Files that appear whole or not at all: written beside their place, flushed to disk, then renamed into it."""

from __future__ import annotations

import codecs
import errno
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from nnlabs.errors import RunError

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space and give the same command again",
    errno.EDQUOT: "your disk quota is used up; free some space and give the same command again",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.EACCES: "you may not write there; choose another folder or change its permissions",
    errno.EFBIG: "the file would be larger than this system allows (ulimit -f); raise the limit or free some space",
    errno.EPERM: "you may not write there; choose another folder or change its permissions",
    errno.EISDIR: "that is a folder; give a file's name",
    errno.EEXIST: "a part of that path is a file, not a folder; choose another folder",
    errno.ENOTDIR: "a part of that path is a file, not a folder; choose another folder",
}


@contextmanager
def readable_write_errors(path: Path) -> Iterator[None]:
    """Inside, an `OSError` becomes a `RunError` that names `path`, the reason and what to do.

    Args:
        path: the file or folder that is being written.

    Raises:
        RunError: instead of the `OSError`.
    """
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, error.strerror or str(error))
        raise RunError(f"cannot write {path}: {advice}") from error


@contextmanager
def open_whole(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a file for writing that replaces `path` in one step when the block ends, and leaves it alone when it fails.

    Args:
        path: the file to write; missing folders above it are made.
        mode: "w" for text (UTF-8, Unix line ends) or "wb" for bytes.

    Raises:
        RunError: where the file cannot be written (disk full, read-only, no permission).
    """
    with readable_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(descriptor, mode, **text) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o644)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def read_text(path: Path) -> str:
    """What somebody wrote with an editor, or by `>`: UTF-8, with or without a byte order mark, or UTF-16 with one.

    Args:
        path: the file.

    Raises:
        OSError: where it cannot be read.
        UnicodeDecodeError: it is no such text.
    """
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if marked else "utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all.

    Args:
        path: the file.
        text: all of what it holds afterwards.

    Raises:
        RunError: where it cannot be written, or the text has the name of a file in it that is no UTF-8.
    """
    try:
        with open_whole(path) as file:
            file.write(text)
    except UnicodeEncodeError as error:
        raise RunError(
            f"cannot write {path}: the name in {_line_of(error)!r} is not UTF-8; rename that file or folder"
        ) from error


def _line_of(error: UnicodeEncodeError) -> str:
    """The line in which a character could not be encoded, at most 30 characters to either side."""
    before, after = error.object[: error.start], error.object[error.start :]
    return (before.rpartition("\n")[2][-30:] + after.partition("\n")[0][:30]).strip()


def encodable(text: str) -> str:
    r"""A text that can be written, with `?` for each byte of a file's name that was no UTF-8.

    Args:
        text: any.

    Example:
        >>> encodable("gr\udcfcn")
        'gr?n'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def find_below(folder: Path, *suffixes: str) -> list[Path]:
    """All below a folder whose names end so, sorted; a notice on stderr names each folder that cannot be read.

    Links to folders are not followed.

    Args:
        folder: where to look.
        *suffixes: ends of the names, such as `.py`, in whatever case; folders are found by them, too.
    """

    def tell(error: OSError) -> None:
        why = f"({error.strerror}); check its permissions"
        print(f"notice: {error.filename} cannot be read and is left out {why}", file=sys.stderr)

    inside = ((top, name) for top, folders, files in os.walk(folder, onerror=tell) for name in (*folders, *files))
    return sorted(Path(top, name) for top, name in inside if name.lower().endswith(suffixes))


def empty_handed(folder: Path, found: Iterable[Path]) -> list[str]:
    """The names of the sub-folders, one a learner, in which nothing was found; hidden ones are nobody's.

    Args:
        folder: the class's.
        found: what was found below it.
    """
    handed_in = {path.relative_to(folder).parts[0] for path in found}
    folders = (path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))
    return sorted(name for name in folders if name not in handed_in)


def remove_parts(folder: Path, idle_s: float = 0.0) -> None:
    """Delete what writers that were killed half-way left in a folder.

    Args:
        folder: the folder.
        idle_s: spare what was written to in the last so many seconds, where somebody may be writing; 0 where nobody is.
    """
    for part in folder.glob(".*.part"):
        with suppress(FileNotFoundError):  # finished, or deleted by another, in the meantime
            if time.time() - part.stat().st_mtime >= idle_s:
                part.unlink()
