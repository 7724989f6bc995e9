"""`app`: the explorer, served on this machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from disgen.cli.common import at_least
from disgen.places import program_folder
from disgen.processes import streamlit_command

if TYPE_CHECKING:
    import argparse


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("app", help="start the explorer, and open it in the browser")
    command.add_argument("--port", type=at_least(1, 65_535), default=8501, help="where it listens (default: 8501)")
    command.add_argument(
        "--address", default="localhost", help="who can reach it: 0.0.0.0 for all (default: localhost, this machine)"
    )
    command.add_argument("--no-browser", action="store_true", help="only serve it")
    command.set_defaults(command=app)


def app(arguments: argparse.Namespace) -> None:
    """Serve the explorer until it is stopped; the command ends with the server's exit status."""
    options = {
        "server.port": arguments.port,
        "server.address": arguments.address,
        "server.headless": str(arguments.no_browser).lower(),
    }
    script = str(program_folder() / "served.py")
    command = streamlit_command("run", script, *(f"--{key}={value}" for key, value in options.items()))
    with subprocess.Popen(command) as server:  # noqa: S603 (our own program)
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())  # who ends the command ends the server
        sys.exit(server.wait())
