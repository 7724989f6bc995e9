"""The real app for measurements: its own server process with a home of its own, and a headless Chromium before it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from disgen import threedmol
from disgen.errors import DisgenError
from disgen.places import program_folder
from disgen.processes import streamlit_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-rasterization",  # without a graphics card, the page itself is drawn faster by plain means
    "--disable-gpu-compositing",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
VIEWPORT = (1440, 900)  # px
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_START = 120.0  # s within which the server has to be up
_END = 20.0  # s within which it has to be gone


class AppBenchError(DisgenError):
    """The app cannot be measured; the message says why and what to do, in one sentence."""


@dataclass(frozen=True)
class RunningApp:
    """The app, as its own server process.

    Attributes:
        url: its address.
        pid: of the server.
        log: what it says.
    """

    url: str
    pid: int
    log: Path


@contextmanager
def running_app(run: Path, name: str) -> Iterator[RunningApp]:
    """The app on a free port, which is stopped in the end.

    Args:
        run: folder of a run that the app has to offer besides those that come with the program.
        name: under which it offers that run.

    Raises:
        AppBenchError: if the server does not start.
    """
    with tempfile.TemporaryDirectory(prefix="disgen-bench-") as home:
        _furnish(Path(home), run, name)
        port = free_port()
        url = f"http://localhost:{port}"
        options = {"server.headless": "true", "server.port": str(port), "server.fileWatcherType": "none"}
        command = streamlit_command("run", "served.py", *(f"--{key}={value}" for key, value in options.items()))
        environment = {**os.environ, "DISGEN_HOME": home}
        with (Path(home) / "server.log").open("w") as log:
            server = subprocess.Popen(  # noqa: S603 (our own program)
                command, cwd=program_folder(), env=environment, stdout=log, stderr=log
            )
            try:
                _wait(server, url, Path(log.name))
                yield RunningApp(url, server.pid, Path(log.name))
            finally:
                server.terminate()
                try:
                    server.wait(timeout=_END)
                except subprocess.TimeoutExpired:
                    server.kill()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium with software WebGL, as the browser tests use it.

    Raises:
        AppBenchError: if playwright or Chromium is missing.
    """
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only this needs it)
    except ImportError:
        msg = "The app is measured in a browser: pip install playwright."
        raise AppBenchError(msg) from None
    with sync_playwright() as driver:
        browser = launch(driver)
        try:
            yield browser
        finally:
            browser.close()


def launch(driver: Playwright, *flags: str) -> Browser:
    """Start the system's Chromium, else playwright's own, with `FLAGS` and further flags.

    Raises:
        AppBenchError: if there is none.
    """
    path = next((found for name in _CHROMIUMS if (found := shutil.which(name))), None)
    if path is None and not Path(driver.chromium.executable_path).exists():
        msg = "There is no Chromium to measure the app in: install it (Debian: apt-get install chromium)."
        raise AppBenchError(msg)
    return driver.chromium.launch(executable_path=path, args=[*FLAGS, *flags])


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _furnish(home: Path, run: Path, name: str) -> None:
    """What the app would find at home: 3Dmol.js, and the run."""
    script = threedmol.local()
    if script is not None:
        (home / threedmol.folder().name).symlink_to(threedmol.folder(), target_is_directory=True)
    (home / "models").mkdir()
    (home / "models" / name).symlink_to(run.resolve(), target_is_directory=True)


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end:
        if server.poll() is not None:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            msg = f"The app does not start: {lines[-1] if lines else 'it says nothing'}."
            raise AppBenchError(msg)
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):  # noqa: S310 (our own server)
                return
        except OSError:
            time.sleep(0.1)
    msg = f"The app was not up within {_START:g} s: try again when the machine is less busy."
    raise AppBenchError(msg)
