"""`--data.name auto`: the real data set when it can be had, else a stand-in, said loudly. Imports no torch unless it downloads."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from nnlabs.config.schema import DataConfig
from nnlabs.data.catalog import Entry, lookup
from nnlabs.data.fetch import fetch
from nnlabs.data.image_files import left_out, pin_content
from nnlabs.data.integrity import is_here
from nnlabs.errors import UserError
from nnlabs.paths import data_root


def resolve(config: DataConfig, real: str, stand_in: str, download: bool = True) -> tuple[DataConfig, str | None]:
    """Replace the name `auto` by that of a data set.

    Args:
        config: the configuration; one that names its data set is given back as it is, but for the content of a folder.
        real: name of the data set that is wanted; downloaded within `config.wait_s` seconds when it is not there.
        stand_in: name of the data set that needs no network.
        download: whether a set that is not there may be downloaded.

    Returns:
        The configuration with its name filled in, and `stand_in_for` where the stand-in had to be taken; and what must be shown
        to the user: a notice in that case, or of what is left out of a folder.

    Raises:
        ConfigError: for an unknown name.
    """
    if config.name != "auto":
        lookup(config.name)
        return pin_content(config), left_out(config)
    wanted, root = lookup(real), data_root(config.root)
    assert wanted.download is not None
    if download and not is_here(wanted.download, root):
        with suppress(UserError):
            fetch(wanted, root, wait_s=config.wait_s)
    if is_here(wanted.download, root):
        return replace(config, name=real), None
    return replace(config, name=stand_in, stand_in_for=real), _notice(wanted, lookup(stand_in))


def _notice(wanted: Entry, stand_in: Entry) -> str:
    return (
        f"{stand_in.title} stands in for {wanted.title}, which is not on this machine and could not be downloaded: all that "
        f"follows is about {stand_in.title}. To see why, or to try again: nnlabs data get {wanted.name}"
    )
