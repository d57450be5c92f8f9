"""Where a lab's results lie in a test: in a folder whose name tells which settings were changed."""

from __future__ import annotations

from pathlib import Path


def lab_folder(results: Path, preset: str = "smoke") -> Path:
    """The one folder of a lab's results with that preset.

    Args:
        results: the folder `results/LAB/`.
        preset: the preset's name.
    """
    (folder,) = {path.parent for path in results.glob(f"{preset}*/config.yaml")}
    return folder
