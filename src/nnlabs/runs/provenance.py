"""Where a result was made: versions, processor, threads, commit. What explains a difference between two machines."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nnlabs import __version__
from nnlabs.paths import PACKAGE, checkout, labs_dir
from nnlabs.runs.fingerprint import CODE_VERSION

PACKAGES = ("numpy", "torch", "torchvision", "scikit-learn", "matplotlib", "pillow")


def describe_environment() -> dict[str, Any]:
    """Collect what a reader needs to judge a result, without importing anything heavy.

    Returns:
        Versions of this package, of its recipe (runs of equal settings compute the same only under an equal one), of Python and
        of the packages that compute, operating system, processor and its cores, the git commit (null
        outside a checkout; "+changes" behind it when files differ from it), and a SHA-256 over the source of package and labs.
    """
    return {
        "nnlabs": __version__,
        "recipe": CODE_VERSION,
        "commit": _commit(),
        "source": _source(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


@cache
def _source() -> str:
    """One digest over the names and bytes of all Python files, so that any change to the code gives another."""
    sha = hashlib.sha256()
    for path in sorted({*PACKAGE.rglob("*.py"), *labs_dir().glob("*.py")}):
        sha.update(path.name.encode() + path.read_bytes())
    return sha.hexdigest()


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def processor() -> str:
    """The processor's name as its maker prints it, where the system tells."""
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


@cache
def _commit() -> str | None:
    top = checkout()
    if top is None:
        return None
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+changes" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*words: str) -> str:
    command = ["git", "-C", str(checkout()), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
