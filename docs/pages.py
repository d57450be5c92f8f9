"""What the site has beside the pages in this folder: README, CONTRIBUTING, CHANGELOG, and a page of docstrings for each room.

MkDocs calls these functions when it builds (`hooks` in `mkdocs.yml`); `ExampleSections` is for griffe, which reads the docstrings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from griffe import Extension, Object
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

TOP = Path(__file__).parent.parent
PACKAGE = TOP / "src" / "nnlabs"
PAGES = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
ROOMS = ("scratch", "config", "stats", "data", "models", "training", "plotting", "runs", "sweeps", "labkit")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name the rooms' pages in the navigation."""
    assert config.nav is not None
    config.nav.append({"In the code": [{room: f"api/{room}.md"} for room in ROOMS]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that have no file in this folder."""
    for page, source in PAGES.items():
        # seen from the checkout's top a figure is docs/figures/..., seen from here figures/...
        text = (TOP / source).read_text(encoding="utf-8").replace('"docs/', '"').replace("(docs/", "(")
        for name, file in PAGES.items():
            text = text.replace(f"({file})", f"({name})")
        files.append(File.generated(config, page, content=text))
    for room in ROOMS:
        files.append(File.generated(config, f"api/{room}.md", content=docstrings(room)))
    return files


def docstrings(room: str) -> str:
    """The page of a room: all its modules.

    Args:
        room: a folder of the package.
    """
    modules = sorted(path.stem for path in (PACKAGE / room).glob("[!_]*.py"))
    return "\n\n".join([f"# {room}", f"::: nnlabs.{room}", *(f"::: nnlabs.{room}.{module}" for module in modules)])


class ExampleSections(Extension):
    """Makes code of what stands under `Example:`; griffe knows the plural only."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rename the section.

        Args:
            obj: a module, class or function, before its docstring is parsed.
        """
        if obj.docstring:
            obj.docstring.value = obj.docstring.value.replace("Example:\n", "Examples:\n")
