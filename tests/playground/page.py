"""What the tests of the playground do with its page in a real browser."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

# Small and quick, unless a test says otherwise.
QUICK = "n=60&layers=3.tanh&speed=1"


def until(page: Any, condition: str) -> None:
    """Waits for a condition in JavaScript; `wait_for_function` would need `eval`, which the page's policy forbids."""
    end = time.monotonic() + 120
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(10)


def at_rest(page: Any, steps: Callable[[], int]) -> int:
    """Waits until the number of steps rises no more, which a training that goes on never lets happen."""
    end, seen = time.monotonic() + 120, -1
    while seen != (seen := steps()):
        assert time.monotonic() < end, "it trains on"
        page.wait_for_timeout(500)
    return seen


def settled(page: Any) -> None:
    """Waits until all that was changed is drawn."""
    until(
        page,
        "document.body?.dataset.step && Number(document.body.dataset.drawn || 0) >= Number(document.body.dataset.heard || 0)",
    )


def pixels(page: Any, canvas: str) -> Any:
    """What a canvas shows, as an array of shape (height, width, 4)."""
    url = page.evaluate("selector => document.querySelector(selector).toDataURL()", canvas)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"), float)


def steps(page: Any) -> int:
    return int(page.evaluate("document.body.dataset.step"))


def state_of(page: Any) -> dict[str, str]:
    """The state in the address, once all that was changed is written there."""
    until(page, "document.body.dataset.written === document.body.dataset.heard")
    return dict(part.split("=") for part in page.evaluate("location.hash").lstrip("#").split("&") if part)


def slide(page: Any, name: str, key: str = "ArrowRight") -> None:
    """Moves a slider by the keyboard."""
    page.focus(f"#set-{name}")
    page.keyboard.press(key)
    settled(page)
