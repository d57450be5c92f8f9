"""Take the picture of the playground that the README shows: a network of two hidden layers that has learned two spirals.

    python docs/playground.py

It needs the extra `test` and a chromium on the machine. The page's link fixes the seed, so that the same network is seen each time.
"""

from __future__ import annotations

import re
import shutil
import sys
import threading
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from nnlabs.errors import RunError, UserError
from nnlabs.files import open_whole
from nnlabs.playground.server import PlaygroundServer

PICTURE = Path(__file__).parent / "figures" / "playground.png"
STATE = "data=spirals&noise=0.05&layers=8.relu_8.relu&lr=0.05&epochs=200"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Serve the page on a free port, let the network learn, and write what is seen."""
    with PlaygroundServer(0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        screen = photograph(f"http://127.0.0.1:{server.port}/#{STATE}")
        server.shutdown()
    with Image.open(BytesIO(screen)) as image, open_whole(PICTURE, "wb") as out:
        image.convert("RGB").save(out, "PNG", optimize=True)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1024:.0f} kB")


def photograph(address: str) -> bytes:
    """The page as a PNG, once its training has stopped.

    Args:
        address: the page's, with the state to begin with.

    Raises:
        RunError: where there is no browser.
    """
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        raise RunError(f"none of {', '.join(BROWSERS)} is installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        # No sandbox: it does not start as root, and the page is our own.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1010})
        page.goto(address)
        page.keyboard.press("Space")  # the key for play: a click would leave its tip on the picture
        page.locator("#epochs", has_text=re.compile("^200$")).wait_for(timeout=300_000)
        page.wait_for_timeout(500)
        return page.screenshot()


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
