"""From a solution's source to the learner's file, without importing it: signature and docstring stay, the body is a blank.

A function is taken as it is. A method becomes a function whose first argument is `self`, unless it needs its class around it
(`__call__`, or `super()` in it): then the whole class is shown and only the method is blank.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent, fill, indent

from nnlabs.exercises.exercise import Exercise, Mistake
from nnlabs.exercises.solutions import SOLUTIONS
from nnlabs.paths import PACKAGE

HEAVY = ("torch", "sklearn", "scipy")
_NUMPY = ast.parse("import numpy as np").body[0]
Definition = ast.FunctionDef | ast.ClassDef


class Module:
    """A module's text and what it binds at its top level.

    Args:
        name: dotted.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = _file_of(name).read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.bound: dict[str, ast.stmt] = {}
        for statement in ast.parse(self.text).body:
            for bound_name in _bound_names(statement):
                self.bound[bound_name] = statement


def _file_of(module: str) -> Path:
    return PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=[target]):
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


module = cache(Module)


@dataclass(frozen=True)
class Origin:
    """Where a solution lies.

    Args:
        key: its name in the learner's file.
        module: the module it is defined in.
        owner: the class whose method it is, if it is one.
        node: its definition.
    """

    key: str
    module: Module
    owner: ast.ClassDef | None
    node: ast.FunctionDef

    @property
    def in_class(self) -> bool:
        """Whether the class is shown around it."""
        return self.owner is not None and (self.node.name.startswith("__") or "super()" in self.text(self.node))

    @property
    def self_class(self) -> ast.ClassDef | None:
        """Of a method shown as a function, whose `self` gets its class for an annotation, that class."""
        return None if self.in_class else self.owner

    @property
    def shown(self) -> Definition:
        """What is shown of the source: the function, or the class around it."""
        return self.owner if self.in_class and self.owner is not None else self.node

    def text(self, node: ast.AST) -> str:
        """The source of a node."""
        return ast.get_source_segment(self.module.text, node) or ""


def origins(exercise: str) -> list[Origin]:
    """Where an exercise's solutions lie.

    Args:
        exercise: its name.

    Raises:
        ValueError: for a path that leads nowhere.
    """
    return [_origin(key, path) for key, path in SOLUTIONS[exercise].items()]


def _origin(key: str, path: str) -> Origin:
    parts = path.split(".")
    cut = next((i for i in range(len(parts), 0, -1) if _file_of(".".join(parts[:i])).is_file()), 0)
    names = parts[cut:]
    if not cut or not names:
        raise ValueError(f"{path}: there is no such module")
    its_module = module(".".join(parts[:cut]))
    found: list[ast.stmt | None] = [its_module.bound.get(names[0])]
    for name in names[1:]:
        body = found[-1].body if isinstance(found[-1], ast.ClassDef) else []
        found.append(next((node for node in body if isinstance(node, ast.FunctionDef) and node.name == name), None))
    if not isinstance(found[-1], ast.FunctionDef):
        raise ValueError(f"{path}: there is no such function")
    owner = found[0] if isinstance(found[0], ast.ClassDef) else None
    return Origin(key, its_module, owner, found[-1])


def skeleton(exercise: Exercise) -> str:
    """The learner's file at its beginning.

    Args:
        exercise: which.
    """
    return _write(exercise, blank=True)


def solution(exercise: Exercise) -> str:
    """The learner's file as it should end: the package's own code.

    Args:
        exercise: which.
    """
    return _write(exercise, blank=False)


def bug(exercise: Exercise, mistake: Mistake) -> str:
    """The solution with a mistake in it, and a heading that says so.

    Args:
        exercise: which.
        mistake: one of the exercise's.
    """
    text = mistake.plant(solution(exercise))
    heading = (
        f'"""Find the mistake in {exercise.name}: {exercise.title}. Lab {exercise.lab}.\n\n'
        "One mistake was planted below, one that learners really make. Read, try small inputs, measure slopes; mend it. Then\n\n"
        f"    nnlabs exercise check bug_{exercise.name}.py\n"
    )
    return heading + '"""' + text.split('"""', 2)[2]


def _write(exercise: Exercise, blank: bool) -> str:
    parts = origins(exercise.name)
    names = [name for origin in parts for name in _used(origin, blank)] + [*exercise.tools, *(["np"] if blank else [])]
    own = {part.shown.name for part in parts} - {part.self_class.name for part in parts if part.self_class}
    imports, constants = _imports(
        [part.module for part in parts], dict.fromkeys(name for name in names if name not in own)
    )
    pieces = [_piece(origin, blank) for origin in parts]
    text = "\n\n\n".join([_header(exercise, parts), "\n".join(imports)]).replace('"""\n\n\n', '"""\n\n')
    if constants:
        text += "\n\n" + "\n".join(constants)
    return "\n\n\n".join([text, *pieces]) + "\n"


def _piece(origin: Origin, blank: bool) -> str:
    """The definition, with or without its body, under the learner's name."""
    lines = origin.module.lines
    start = min([origin.shown.lineno, *(node.lineno for node in origin.shown.decorator_list if origin.in_class)])
    if blank:
        first = origin.node.body[0]
        head_end = first.end_lineno or 0 if ast.get_docstring(origin.node) else first.lineno - 1
        what = f"{origin.key}.{origin.node.name}" if origin.in_class else origin.key
        blank_line = " " * first.col_offset + f'raise NotImplementedError("write {what} here")'
        kept = [*lines[start - 1 : head_end], blank_line, *lines[origin.node.end_lineno : origin.shown.end_lineno]]
    else:
        kept = lines[start - 1 : origin.shown.end_lineno]
    text = dedent("\n".join(kept))
    if origin.self_class:
        text = text.replace("(self", f"(self: {origin.self_class.name}", 1)
    return text if origin.in_class else re.sub(rf"\b{origin.node.name}\b(?=\()", origin.key, text)


def _used(origin: Origin, blank: bool) -> list[str]:
    """Names that the definition shown needs; of a blank body, those that a learner may want too."""
    body = {id(node) for statement in origin.node.body for node in ast.walk(statement)}
    decorators = {id(n) for d in (() if origin.in_class else origin.node.decorator_list) for n in ast.walk(d)}
    used = [node for node in ast.walk(origin.shown) if isinstance(node, ast.Name) and id(node) not in decorators]
    names = [node.id for node in used if not blank or id(node) not in body or _offered(origin.module, node.id)]
    return [origin.self_class.name, *names] if origin.self_class else names


def _offered(its_module: Module, name: str) -> bool:
    """Whether a name of the solution's body is imported for the learner: tools are, what is slow to load is not."""
    statement = its_module.bound.get(name)
    if isinstance(statement, ast.Import):
        source = statement.names[0].name
    else:
        source = statement.module or "" if isinstance(statement, ast.ImportFrom) else its_module.name
    return not name.startswith("_") and source.partition(".")[0] not in HEAVY


def _imports(modules: Sequence[Module], names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Import statements, in the order of linters, and copies of constants, for names of some modules."""
    plain: set[str] = set()
    from_modules: dict[str, set[str]] = {}
    constants: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        its_module = next((each for each in modules if name in each.bound), modules[0])
        match its_module.bound.get(name, _NUMPY if name == "np" else None):
            case ast.Import(names=aliases):
                plain |= {ast.unparse(ast.Import([alias])) for alias in aliases if name in (alias.name, alias.asname)}
            case ast.ImportFrom(module=source, names=aliases):
                imported = {ast.unparse(alias) for alias in aliases if name in (alias.name, alias.asname)}
                from_modules.setdefault(source or "", set()).update(imported)
            case ast.Assign() | ast.AnnAssign() as statement if not _has_call(statement):
                constants[ast.get_source_segment(its_module.text, statement) or ""] = None
                waiting += [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id != name]
                waiting = [other for other in waiting if other not in set(_bound_names(statement))]
            case ast.stmt():
                from_modules.setdefault(its_module.name, set()).add(name)
    froms = [f"from {source} import {', '.join(sorted(imported))}" for source, imported in from_modules.items()]
    groups: dict[int, list[str]] = {}
    for line in [*sorted(plain), *sorted(froms)]:
        groups.setdefault(_group(line), []).append(line)
    return ["from __future__ import annotations", *(x for g in sorted(groups) for x in ("", *groups[g]))], list(
        constants
    )


def _has_call(statement: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) for node in ast.walk(statement))


def _group(line: str) -> int:
    top = line.split()[1].partition(".")[0]
    return 0 if top in sys.stdlib_module_names else 2 if top == "nnlabs" else 1


def _header(exercise: Exercise, parts: list[Origin]) -> str:
    first = f"Exercise {exercise.name}: {exercise.title}. Lab {exercise.lab}, about {exercise.minutes} minutes."
    how = (
        f"Put your own code in place of each line `raise NotImplementedError(...)`. Then\n\n"
        f"    nnlabs exercise check {exercise.name}     is it right?\n"
        f"    nnlabs exercise hint {exercise.name}      help, in three steps"
    )
    selves = dict.fromkeys(part.self_class for part in parts if part.self_class)
    about = [fill(exercise.about, 120)] if exercise.about else []
    about += [_about_self(node, parts[0].module) for node in selves]
    return '"""' + "\n\n".join([first, how, *about]) + '\n"""'


def _about_self(node: ast.ClassDef, its_module: Module) -> str:
    """What `self` is, in the words of its class and of the classes below it."""
    paragraphs, classes = [f"`self` is {_a(node)} of {its_module.name}:"], [node]
    while classes:
        shown = classes.pop(0)
        paragraphs.append(indent(ast.get_docstring(shown) or "", "    "))
        bases = [its_module.bound.get(base.id) for base in shown.bases if isinstance(base, ast.Name)]
        below = [base for base in bases if isinstance(base, ast.ClassDef)]
        paragraphs += [f"It is {_a(base)} too:" for base in below]
        classes += below
    return "\n\n".join(paragraphs)


def _a(node: ast.ClassDef) -> str:
    return f"{'an' if node.name[0] in 'AEIO' else 'a'} {node.name}"
