"""How fast the playground answers: from a slider to its effect, and frames a second while a 2-8-8-1 network learns.

    python benchmarks/playground.py

Measured in a real Chromium without a window (Debian's `chromium`, driven by Playwright; it draws on the processor). Latency is
the time from the slider's input event to the moment after the frame with its effect was painted: the noise while the network
pauses, which draws new data, and the learning rate while it learns. The engine's own part is measured without a browser.
Prints medians, and writes them to `results/benchmarks/playground.csv`.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnlabs.errors import RunError, run_as_script
from nnlabs.paths import results_root
from nnlabs.playground.engine import Engine
from nnlabs.records import write_csv

SECONDS, SLIDES = 5, 30
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

# Moves a slider one step to and fro, and waits until the page has drawn what the engine made of it.
SLIDE = """async ([id, times]) => {
  const slider = document.getElementById(id), took = [];
  for (let k = 0; k < times; k++) {
    slider.value = Number(slider.value) + (k % 2 ? -1 : 1);
    const start = performance.now();
    slider.dispatchEvent(new Event("input"));
    const sent = Number(document.body.dataset.heard);
    while (Number(document.body.dataset.drawn) < sent) await new Promise(go => setTimeout(go));
    await new Promise(go => requestAnimationFrame(() => setTimeout(go)));
    took.push(performance.now() - start);
    await new Promise(go => setTimeout(go, 60 + 7 * (k % 5)));
  }
  return took;
}"""

FRAMES = """async seconds => {
  const count = () => Number(document.body.dataset.frames), first = count(), start = performance.now();
  await new Promise(go => setTimeout(go, 1000 * seconds));
  return 1000 * (count() - first) / (performance.now() - start);
}"""


def measure_engine() -> dict[str, float]:
    """Milliseconds a frame of the engine alone, with 0 and with 10 steps, and of JSON."""
    engine = Engine()
    session = engine.ask({"type": "open"})["session"]
    found = {}
    for steps in (0, 10):
        times = []
        for _ in range(100):
            start = time.perf_counter()
            json.dumps(engine.ask({"type": "run", "session": session, "steps": steps}))
            times.append(1000 * (time.perf_counter() - start))
        found[f"engine: a frame with {steps} steps (ms)"] = statistics.median(times)
    return found


def measure_page(page: Any) -> dict[str, float]:
    """Latencies and frames a second of the page that is open."""
    found = {"noise slider to effect, paused (ms)": statistics.median(page.evaluate(SLIDE, ["set-noise", SLIDES]))}
    page.click("#play")
    found["learning rate slider to effect, learning (ms)"] = statistics.median(page.evaluate(SLIDE, ["set-lr", SLIDES]))
    found["frames a second, 3 steps a frame"] = page.evaluate(FRAMES, SECONDS)
    page.select_option("#speed", "10000")
    steps = "Number(document.body.dataset.step)"
    first = page.evaluate(steps)
    found["frames a second, as fast as it goes"] = page.evaluate(FRAMES, SECONDS)
    found["steps a second, as fast as it goes"] = (page.evaluate(steps) - first) / SECONDS
    return found


@contextmanager
def serving() -> Iterator[str]:
    """The playground in a process of its own, as its users have it; gives its address."""
    command = [sys.executable, "-m", "nnlabs", "playground", "--port", "0", "--no_browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[4].rstrip(",")
        process.terminate()


def main() -> None:
    """Measure, print, write."""
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser_path is None:
        raise RunError("this benchmark needs a browser; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    found = measure_engine()
    with serving() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 860})
        page.goto(address)
        page.wait_for_selector("body[data-step]")
        found |= measure_page(page)
        browser.close()
    found["load of the machine, last minute"] = os.getloadavg()[0]
    for name, value in found.items():
        print(f"{name:<48} {value:8.1f}")
    write_csv(
        results_root() / "benchmarks" / "playground.csv",
        [{"what": name, "value": value} for name, value in found.items()],
    )


if __name__ == "__main__":
    sys.exit(run_as_script(main))
