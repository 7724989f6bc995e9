"""Commands in processes of their own that meet a signal at a moment of one's choice, and start at once.

``serve`` is a process that has imported what takes seconds. For each line on its standard input, a JSON list of a
command's arguments, a folder, a moment and the number of a signal, it forks one that does the command, and says its
number and then how it ended.
"""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

GRACE = 5.0  # s after which nothing may be left
ROOT = Path(__file__).parents[1]
SERVE = "import sys; sys.path[:0] = [{!r}, {!r}]; from commanded import serve; serve()"


class Commands:
    """The process that forks commands, as a test sees it."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE.format(str(Path(__file__).parent), str(ROOT))],
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments, folder, moment=None, number=0):
        """The leader of the command's session, and its exit status, negative if a signal ended it.

        Args:
            arguments: of the command line.
            folder: to work in.
            moment: when the command sends itself the signal: a file's name, when it is on the disk but not in its
                place; "module:function#n", when that is called for the nth time; None for never.
            number: of the signal.
        """
        self.process.stdin.write(json.dumps([arguments, str(folder), moment, number]) + "\n")
        self.process.stdin.flush()
        leader, status = json.loads(self.process.stdout.readline())
        return leader, os.waitstatus_to_exitcode(status)

    def close(self):
        self.process.communicate()


def serve():
    """See the module."""
    import pandas as pd  # noqa: F401
    import torch  # noqa: F401

    from disgen import cli
    from disgen.corpus import build  # noqa: F401
    from disgen.evaluation import comparison, run  # noqa: F401
    from disgen.latent import fitted, run_map  # noqa: F401
    from disgen.model.training import train  # noqa: F401
    from disgen.prior import assembly, training  # noqa: F401

    for line in sys.stdin:
        arguments, folder, moment, number = json.loads(line)
        leader = os.fork()
        if leader:
            _, status = os.waitpid(leader, 0)
            sys.stdout.write(json.dumps([leader, status]) + "\n")
            sys.stdout.flush()
            continue
        os.setsid()
        os.chdir(folder)
        with Path("said.txt").open("a") as said:
            for stream in (1, 2):
                os.dup2(said.fileno(), stream)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        small_networks()
        if moment:
            at(moment, lambda number=number: os.kill(os.getpid(), number))
        sys.exit(cli.main(arguments))


def small_networks():
    """The learned prior's networks with hardly any weights."""
    from disgen.prior.geometry import network as geometry
    from disgen.prior.language import network as language

    whole, half = language.LanguageSettings, geometry.GeometrySettings
    language.LanguageSettings = lambda: whole(32, 1, 2)
    geometry.GeometrySettings = lambda: half(32, 1, 2, 4)


def at(moment, strike):
    """Strike when a file is about to take its place, or when a function is called for the nth time."""
    module, _, name = moment.rpartition(":")
    name, _, which = name.partition("#")
    calls = count(1)

    def look():
        if next(calls) == int(which or 1):
            strike()

    if module:
        function = getattr(sys.modules[module], name)

        def watched(*arguments, **options):
            look()
            return function(*arguments, **options)

        setattr(sys.modules[module], name, watched)
    else:
        replace = Path.replace

        def watched_replace(path, target):
            if Path(target).name == name:
                look()
            return replace(path, target)

        Path.replace = watched_replace


def session(leader):
    """The processes of a session that are not already dead: pid by command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, of = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(of) == leader and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ")[:80]
        except OSError:
            continue
    return found


def within(seconds, holds):
    """Whether something comes to hold in so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def nothing_is_left(leader):
    """See that all processes of a session end."""
    assert within(GRACE, lambda: not session(leader)), session(leader)
