"""Run an exercise's checks on the text of a learner's file, in this process; `process` does it in one that can be stopped."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from nnlabs.exercises.exercise import Exercise, needs, title_of
from nnlabs.exercises.expect import Problem, WrongError, forget_calls, last_call, watched
from nnlabs.exercises.source import origins

Status = Literal["passed", "wrong", "raised", "not begun", "partly written", "stopped"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: what it checks, in words.
        status: `unwritten` where it needs a function that is still a blank.
        problem: what is wrong, for `wrong` and `raised`.
        where: the learner's own line, for `raised`.
    """

    check: str
    status: Literal["passed", "wrong", "raised", "unwritten"]
    problem: Problem | None = None
    where: str = ""


@dataclass(frozen=True)
class Report:
    """What was found in one file.

    Attributes:
        exercise: its name.
        status: of the whole: passed only where every check passed.
        findings: one for each check that ran.
        unwritten: functions that are still blanks.
        message: why nothing could be checked, for `raised` and `stopped`.
        printed: what the learner's code printed, cut short.
    """

    exercise: str
    status: Status
    findings: list[Finding] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)
    message: str = ""
    printed: str = ""

    @property
    def first(self) -> Finding | None:
        """The first check that failed."""
        return next((finding for finding in self.findings if finding.status in ("wrong", "raised")), None)

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(finding.status == "passed" for finding in self.findings)

    @property
    def mistake(self) -> str:
        """The mistake in a few words, for counting: the known cause, the error, or what does not hold; "" for none."""
        if self.first is None or self.first.problem is None:
            return ""
        if self.first.status == "raised":
            return self.first.problem.got
        return self.first.problem.cause or f"does not hold: {self.first.check}"

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Report:
        """From its fields as plain values, as `dataclasses.asdict` gives them."""
        findings = [
            Finding(**{**finding, "problem": Problem(**finding["problem"]) if finding["problem"] else None})
            for finding in values["findings"]
        ]
        return cls(**{**values, "findings": findings})


def check_text(exercise: Exercise, text: str, file: str) -> Report:
    """Check a learner's file.

    Args:
        exercise: which exercise it is.
        text: the file's text; it is run.
        file: its name, for messages.
    """
    try:
        tree = ast.parse(text, file)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        message = f"{file}{line}: Python cannot read this: {error.msg}"
        return Report(exercise.name, "raised", message=message)
    unwritten = blanks(exercise.name, tree)
    if len(unwritten) == len(origins(exercise.name)):
        return Report(exercise.name, "not begun", unwritten=unwritten)
    namespace = ModuleType(exercise.name)
    try:
        exec(compile(text, file, "exec"), namespace.__dict__)
    except BaseException as error:
        return Report(exercise.name, "raised", message=f"{line_of(error, file)}{_name(error)} while the file was read")
    findings = [_run(check, exercise, namespace, unwritten, file) for check in exercise.checks]
    return Report(exercise.name, _status(findings, unwritten), findings, unwritten)


def _status(findings: list[Finding], unwritten: list[str]) -> Status:
    found = {finding.status for finding in findings}
    if "wrong" in found:
        return "wrong"
    if "raised" in found:
        return "raised"
    return "passed" if found == {"passed"} and not unwritten else "partly written"


def blanks(exercise: str, tree: ast.Module) -> list[str]:
    """The functions that are still as the skeleton has them, or are not there at all.

    Args:
        exercise: its name.
        tree: of the learner's file.
    """
    found = []
    for origin in origins(exercise):
        nodes = [node for node in _top_level(tree.body) if getattr(node, "name", None) == origin.key]
        if origin.in_class:
            nodes = [
                node
                for owner in nodes
                for node in getattr(owner, "body", [])
                if getattr(node, "name", None) == origin.node.name
            ]
        missing = not nodes and not is_assigned(origin.key, list(_top_level(tree.body)))
        if missing or (nodes and isinstance(nodes[-1], ast.FunctionDef) and _is_blank(nodes[-1])):
            found.append(origin.key)
    return found


def is_assigned(name: str, statements: list[ast.stmt]) -> bool:
    """Whether statements give that name a value otherwise than by `def`: by `=`, or by an import.

    Args:
        name: of a function.
        statements: of the learner's file, from its top level.
    """
    targets = [target for node in statements if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in statements if isinstance(node, ast.AnnAssign) and node.value]
    assigned = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    aliases = [alias.asname or alias.name for n in statements if isinstance(n, ast.ImportFrom) for alias in n.names]
    return name in aliases or name in assigned


def _top_level(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements whose names are the file's own, those behind an `if`, a `try` or a `with` among them."""
    for node in statements:
        yield node
        for part in (
            ("body", "orelse", "handlers", "finalbody") if isinstance(node, ast.If | ast.Try | ast.With) else ()
        ):
            for inner in getattr(node, part, []):
                yield from _top_level(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])


def _is_blank(node: ast.FunctionDef) -> bool:
    body = [
        statement
        for statement in node.body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]
    if len(body) > 1:
        return False
    return not body or isinstance(body[0], ast.Pass) or "NotImplementedError" in ast.unparse(body[0])


def _run(check: Any, exercise: Exercise, namespace: ModuleType, unwritten: list[str], file: str) -> Finding:
    title, names = title_of(check), needs(check)
    if set(names) & set(unwritten) or not all(hasattr(namespace, name) for name in names):
        return Finding(title, "unwritten")
    functions = {name: getattr(namespace, name) for name in names}
    watching = {name: it if isinstance(it, type) else watched(name, it) for name, it in functions.items()}
    forget_calls()
    try:
        check(**watching)
    except WrongError as wrong:
        return Finding(title, "wrong", wrong.problem)
    except BaseException as error:
        start = title[0] if title[1].isdigit() else title[0].lower()  # L1 is a name
        expected = f"no error ({start}{title[1:].rstrip('.')})"
        problem = Problem(last_call(), expected, _name(error), "", _advice(error), "")
        return Finding(title, "raised", problem, line_of(error, file).rstrip(": "))
    return Finding(title, "passed")


def line_of(error: BaseException, file: str) -> str:
    """The last line of the learner's file that an error went through, `FILE, line N: `; "" where it went through none."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{file}, line {lines[-1]}: " if lines else ""


def _name(error: BaseException) -> str:
    kind = type(error).__name__.lstrip("_")
    if isinstance(error, SystemExit):
        return "the code ended the program (sys.exit)"
    text = " ".join(str(error).split())[:300]
    return f"{kind}: {text}" if text else kind


def _advice(error: BaseException) -> str:
    for kind, advice in ADVICE.items():
        if isinstance(error, kind):
            return advice
    return "Read the line named above with these inputs in mind."


ADVICE: dict[type[BaseException], str] = {
    NotImplementedError: "A blank is still there. Does your code go on to the line that raises NotImplementedError?",
    SystemExit: "A function returns its result; it does not end the program.",
    RecursionError: "The function calls itself without end; or goes deeper than Python can: is there a way with a loop?",
    MemoryError: "Is an array much larger than its inputs? Look at shapes of the form (n, 1) with (n,).",
    NameError: "Is a name misspelt, or used before it gets a value?",
    AttributeError: "What is the object before the dot, and what does it have? The docstring says.",
    IndexError: "Which index does not exist here, and for which shape was the line meant?",
    KeyError: "Which key is not there yet?",
    TypeError: "Is each value what you take it for? Print type() and shape of what stands in that line.",
    ValueError: "Print the shapes of what stands in that line: do they fit together?",
    ZeroDivisionError: "What is 0 here, and what should come out then?",
}
