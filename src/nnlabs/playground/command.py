"""`nnlabs playground`: start the server, open the page."""

from __future__ import annotations

import argparse
import errno
import threading
import webbrowser
from collections.abc import Sequence

from nnlabs.errors import ConfigError

PORT = 8777


def playground_command(words: Sequence[str]) -> None:
    """Run `nnlabs playground ...` until Ctrl-C.

    Args:
        words: command line after `nnlabs playground`.

    Raises:
        ConfigError: for a port that is taken, or none.
    """
    parser = argparse.ArgumentParser(prog="nnlabs playground", allow_abbrev=False)
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"where the page is served; 0: a free one; default: {PORT}"
    )
    parser.add_argument("--no_browser", action="store_true", help="print the address and open nothing")
    options = parser.parse_args(words)
    serve(options.port, browser=not options.no_browser)


def serve(port: int, browser: bool) -> None:
    """Serve the page until Ctrl-C.

    Args:
        port: where.
        browser: whether to open the page in the default browser.

    Raises:
        ConfigError: for a port that is taken, or none.
    """
    import sklearn.datasets  # noqa: F401  takes a second, which the first visitor would wait for

    from nnlabs.playground.server import PlaygroundServer

    if not 0 <= port < 65536:
        raise ConfigError(f"nnlabs playground: --port must be from 0 to 65535, not {port}")
    try:
        server = PlaygroundServer(port)
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise ConfigError(
            f"nnlabs playground: port {port} {reason}; choose another one, or --port 0 for a free one"
        ) from error
    address = f"http://127.0.0.1:{server.port}/"
    print(f"The playground is at {address}, for this machine only. Ctrl-C ends it.", flush=True)
    if browser:
        # A browser in the terminal returns only when it is closed, and waits for a page that is served below.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nThe playground is closed.")
