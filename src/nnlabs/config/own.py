"""What a user brings: wherever a model or an optimizer is named, `FILE.py:NAME` is a function or class in a file of one's own."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nnlabs.config.schema import RunConfig
from nnlabs.errors import ConfigError, UserError


def own_file(name: str) -> Path | None:
    """The file that a name points into; None for a name out of a table of this package.

    Args:
        name: `model.name` or `train.optimizer`.

    Example:
        >>> own_file("nets/my_net.py:Net")
        PosixPath('nets/my_net.py')
    """
    path = name.rpartition(":")[0]
    return Path(path) if path.endswith(".py") else None


def name_anywhere(name: str) -> str:
    """A name without the folder of a file of one's own, which is another one wherever a command is given.

    Args:
        name: `model.name` or `train.optimizer`.

    Example:
        >>> name_anywhere("nets/my_net.py:Net"), name_anywhere("mlp")
        ('my_net.py:Net', 'mlp')
    """
    own = own_file(name)
    return f"{own.name}:{name.rpartition(':')[2]}" if own else name


def check_own_file(key: str, path: Path) -> None:
    """Say so where the file is not there; nothing is loaded.

    Args:
        key: the setting that names it, as `model.name`.
        path: from `own_file`.

    Raises:
        ConfigError: there is no such file.
    """
    if not path.is_file():
        counted = "" if path.is_absolute() else f" in {Path.cwd()}, from where its path counts"
        raise ConfigError(f"{key}: there is no file {path}{counted}", key)


def load_own(key: str, name: str) -> object:
    """The object that `FILE.py:NAME` names; the file is run as an import would run it, and may import the modules beside it.

    All of them are run anew each time, for they may have been edited since.

    Args:
        key: the setting that names it, as `model.name`.
        name: its value.

    Raises:
        ConfigError: for a file that is missing, cannot be run, or holds nothing of that name.
    """
    path, _, attribute = name.rpartition(":")
    check_own_file(key, Path(path))
    _forget_modules(own_sources(Path(path)))
    # A name of its own, so that a file called numpy.py hides nothing. It is registered, as dataclasses look there for their types.
    name_of_module = f"own_{Path(path).stem}_{hashlib.sha256(str(Path(path).resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name_of_module, path)
    assert spec is not None and spec.loader is not None  # holds for every path that ends in .py
    module = sys.modules[name_of_module] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SystemExit as error:
        del sys.modules[name_of_module]
        raise ConfigError(
            f'{key}: {path} ends the program when it is run; put that under `if __name__ == "__main__":`', key
        ) from error
    except Exception as error:
        del sys.modules[name_of_module]
        raise ConfigError(f"{key}: {path} cannot be run{_line(error, path)}: {error}", key) from error
    if not hasattr(module, attribute):
        raise ConfigError(f"{key}: {path} holds nothing called '{attribute}'", key)
    found: object = getattr(module, attribute)
    return found


def named_in(config: RunConfig) -> list[tuple[str, str]]:
    """The names in a run's settings that may point into a file of one's own, each after its setting."""
    return [("model.name", config.model.name), ("train.optimizer", config.train.optimizer)]


@contextmanager
def own_mistakes_told(names: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Around what runs code of one's own: an error that comes up in it, here or in another process, becomes a sentence.

    Args:
        names: what may be of one's own, each after the setting that names it, as `("train.optimizer", "my.py:SignDescent")`.

    Raises:
        ConfigError: for an error that came up in one of the files.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if blamed := _blamed(error, names):
            key, path = blamed[0][0], own_file(blamed[0][1])
            said = " or ".join(dict.fromkeys(name for _, name in blamed))
            text = f"{key}: {said} fails, {path}{_line(error, str(path))}: {type(error).__name__}: {error}"
            raise ConfigError(text, key) from error
        raise


def _blamed(error: Exception, names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those in whose file an error came up; of several in one file those in whose own lines it did, if there are any."""
    lines = {(key, name): _lines(error, str(path)) for key, name in names if (path := own_file(name))}
    there = [each for each in lines if lines[each]]
    exact = [each for each in there if any(line in _span(each[1]) for line in lines[each])]
    return exact[:1] or there


def _span(name: str) -> range:
    """The lines in which `FILE.py:NAME` is defined."""
    path, _, attribute = name.rpartition(":")
    for node in ast.parse(Path(path).read_bytes()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == attribute:
            return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)


def own_sources(path: Path) -> list[Path]:
    """A file of one's own, and all modules and packages beside it that it imports, directly or through each other.

    They are found without running anything. The file comes first, the others by their names.

    Args:
        path: from `own_file`; it exists.
    """
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = None
            waiting += _neighbors(file, path.parent)
    return [path, *sorted(found.keys() - {path})]


def _neighbors(file: Path, folder: Path) -> Iterator[Path]:
    """The files below a folder that the imports in one of them mean."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError):  # said when the file is run
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files_of(folder, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.level <= len(file.parents):
            start = file.parents[node.level - 1] if node.level else folder
            for alias in node.names:
                yield from _files_of(start, [*(node.module or "").split("."), alias.name])


def _files_of(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """`a.b` means a/__init__.py, and a/b.py or a/b/__init__.py, as far as they are there; this package is none of one's own."""
    for end in range(1, len(parts) + 1) if parts[0] != "nnlabs" else ():
        place = folder.joinpath(*parts[:end])
        if place == folder:
            continue  # `from . import a`
        yield from filter(Path.is_file, (place.with_name(f"{place.name}.py"), place / "__init__.py"))


def _forget_modules(sources: Sequence[Path]) -> None:
    """Have these files found by imports, and those that were imported before imported anew."""
    folder = str(sources[0].parent.resolve())
    if folder not in sys.path:
        sys.path.append(folder)  # at the end: no neighbor hides a module of another package
    files = {str(path.resolve()) for path in sources[1:]}
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in files:
            del sys.modules[name]
    importlib.invalidate_caches()


def _line(error: Exception, path: str) -> str:
    """Where in the file the error came up, in words; for a syntax error its own say it."""
    lines = _lines(error, path)
    return f", line {lines[-1]}" if lines else ""


def _lines(error: Exception, path: str) -> list[int]:
    """The file's lines in the error's traceback, the outermost first."""
    where = Path(path).resolve()
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == where]
    # Of an error in another process only the words of its traceback come here, as its cause.
    lines += map(int, re.findall(rf'File "{re.escape(str(where))}", line (\d+)', str(error.__cause__)))
    return [line for line in lines if line is not None]
