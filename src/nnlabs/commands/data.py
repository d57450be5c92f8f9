"""`nnlabs data list|get|verify|where`: look after the published data sets. Imports no torch unless it downloads or makes one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from nnlabs.commands.options import command_line
from nnlabs.config.describe import nearest
from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import FOLDER_PREFIX, IMAGE_SETS, Entry, lookup
from nnlabs.data.fetch import fetch
from nnlabs.data.image_files import folder_of, left_out, list_images
from nnlabs.data.integrity import damages, is_absent, is_here
from nnlabs.errors import ConfigError, DataError
from nnlabs.paths import data_root, user_cache

PUBLISHED = tuple(name for name, entry in IMAGE_SETS.items() if entry.download)


def data_command(arguments: Sequence[str]) -> None:
    """Run `nnlabs data ...` and print what it has to say.

    Args:
        arguments: command line after `nnlabs data`.

    Raises:
        ConfigError: an unknown data set.
        DataError: a data set that is damaged or cannot be had, or one that was named to be verified and is not here.
    """
    actions = {"list": describe, "get": get, "verify": verify, "where": where}
    parser = argparse.ArgumentParser(prog="nnlabs data", description="Look after the data sets.")
    parser.add_argument("action", choices=actions)
    parser.add_argument("name", nargs="?", help=f"a data set; default for get and verify: {' and '.join(PUBLISHED)}")
    parser.add_argument(
        "--root", metavar="DIR", help="folder of the data sets; default: NNLABS_DATA, else what `where` says"
    )
    given = parser.parse_args(arguments)
    default = IMAGE_SETS if given.action in ("list", "where") else PUBLISHED
    root = data_root(given.root)
    if given.name:
        _check_name(given.name)
    if given.action == "verify" and given.name:
        require(given.name, root)
    troubles = []
    for name in [given.name] if given.name else default:
        try:
            print(actions[given.action](name, root))
        except DataError as error:  # the others are looked after first
            troubles.append(str(error))
    if troubles:
        raise DataError("\n".join(troubles))


def _check_name(name: str) -> None:
    """Refuse a name that is none; `auto` is what a lab may be told, and stands for no data set."""
    if name not in IMAGE_SETS and not name.startswith(FOLDER_PREFIX):
        raise ConfigError(
            f"there is no data set {name!r}; {nearest(name.lower(), IMAGE_SETS)} (your own pictures: {FOLDER_PREFIX}PATH)"
        )


def describe(name: str, root: Path) -> str:
    """One line on a data set: its name, whether it is here, what it holds.

    Args:
        name: a name of the catalog.
        root: folder of the data sets.

    Raises:
        ConfigError: for an unknown name, as in all that follow.
    """
    entry = lookup(name)
    return f"{name:<16} {state_of(entry, root):<10} {entry.about}\n{'':<27} {entry.credit}"


def state_of(entry: Entry, root: Path) -> str:
    """Whether a data set is here: `here`, `not here`, `damaged`, `built in` or `yours`.

    Args:
        entry: of the catalog.
        root: folder of the data sets.
    """
    if entry.name.startswith(FOLDER_PREFIX):
        return "yours" if folder_of(entry.name).is_dir() else "not here"
    files = entry.download or entry.generated
    if files is None or (entry.generated and is_absent(files, root)):
        return "built in"
    if is_absent(files, root):
        return "not here"
    return "here" if is_here(files, root) else "damaged"


def get(name: str, root: Path) -> str:
    """Download or make a data set unless it is in place already, undamaged.

    Args:
        name: a name of the catalog.
        root: folder of the data sets.

    Returns:
        A sentence that says what was done.

    Raises:
        DataError: it cannot be had.
        RunError: the data root cannot be written.
    """
    entry = lookup(name)
    if entry.generated is not None:
        return _make(entry, root)
    if entry.download is None:
        return _built_in(entry)
    if not damages(entry.download, root):
        return f"{entry.title} is in {root / entry.download.folder} already, every file as published."
    fetch(entry, root)
    return f"{entry.title} is now in {root / entry.download.folder}, every file as published."


def verify(name: str, root: Path) -> str:
    """Check every file of a data set against the published checksums.

    Args:
        name: a name of the catalog.
        root: folder of the data sets.

    Returns:
        A sentence that says that all is well, or that there is nothing to check.

    Raises:
        DataError: files are missing, cut short or altered; names each one.
    """
    entry = lookup(name)
    files = entry.download or entry.generated
    if files is None:
        said = _built_in(entry)
        return _read_all(entry) if entry.name.startswith(FOLDER_PREFIX) else said
    if is_absent(files, root):
        return _not_here(entry, root)
    if damaged := damages(files, root):
        raise DataError(f"{entry.title} is damaged: {'; '.join(damaged)}. Get it anew with {_get_it(name, root)}")
    return f"{entry.title} in {root / files.folder}: every file as published."


def _read_all(entry: Entry) -> str:
    """What is said of a folder whose images have all been read once."""
    from nnlabs.data.examples import read_images

    classes = list_images(folder_of(entry.name))
    for files in classes.values():
        for file in files:
            read_images([file])
    images = f"{sum(map(len, classes.values())):,} images of {len(classes)} classes"
    rest = left_out(DataConfig(name=entry.name))
    return f"{entry.name} is yours: {images}, all of which can be read.{f' {rest}.' if rest else ''}"


def require(name: str, root: Path) -> None:
    """Insist that a data set is in place, whole or not; one that is built in always is.

    Args:
        name: a name of the catalog.
        root: folder of the data sets.

    Raises:
        DataError: nothing of it is here.
    """
    entry = lookup(name)
    if entry.download is not None and is_absent(entry.download, root):
        raise DataError(_not_here(entry, root))


def where(name: str, root: Path) -> str:
    """Say where a data set lies, or would lie.

    Args:
        name: a name of the catalog.
        root: folder of the data sets.

    Raises:
        DataError: a folder of the user's own that is missing.
    """
    entry = lookup(name)
    files = entry.download or entry.generated
    if files is None:
        return _built_in(entry)
    return f"{name:<16} {state_of(entry, root):<10} {root / files.folder}"


def _make(entry: Entry, root: Path) -> str:
    from nnlabs.data.load import image_set
    from nnlabs.data.signals import make_and_keep

    generated = entry.generated
    assert generated is not None
    there = not damages(generated, root)
    if there or is_absent(generated, root):
        image_set(entry.name, root)
    else:
        make_and_keep(entry, root)  # in place of what is damaged, whatever the user's cache holds
    if damages(generated, root):
        cache = user_cache() / "data"
        if not damages(generated, cache):
            return f"{entry.title} is in {cache / generated.folder}, the user's cache, as published."
        return f"{entry.title} is made anew each time it is used, for {root} cannot be written."
    return f"{entry.title} is {'' if there else 'now '}in {root / generated.folder}{' already' if there else ''}, as published."


def _not_here(entry: Entry, root: Path) -> str:
    if entry.generated is not None:
        return f"{entry.title} is built in: made on first use, in some seconds, and then kept in {root / entry.generated.folder}."
    return f"{entry.title} is not in {root}; {_get_it(entry.name, root)} downloads it."


def _get_it(name: str, root: Path) -> str:
    """The command that puts a data set there."""
    elsewhere = [] if root == data_root(None) else ["--root", str(root)]
    return f"`{command_line('nnlabs', 'data', 'get', name, *elsewhere)}`"


def _built_in(entry: Entry) -> str:
    """What is said of a data set that is neither downloaded nor kept.

    Raises:
        DataError: a folder of the user's own that is missing.
    """
    if entry.name.startswith(FOLDER_PREFIX):
        place = folder_of(entry.name).absolute()
        if not place.is_dir():
            raise DataError(f"{entry.name} is missing: there is no folder {place}; check the path")
        return f"{entry.name} is yours: it is read as it is, from {place}"
    return f"{entry.name:<16} {'built in':<10} made from what scikit-learn brings along"
