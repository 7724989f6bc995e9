"""Where 3Dmol.js comes from: a local copy if there is one, else npm fetches one, else the browser asks the CDN.

py3Dmol ships no JavaScript and this repository holds no copy of 3Dmol.js (BSD licence). The script goes once into the
user's cache folder, as ``3dmol-<version>/3Dmol-min.js``; from there it is inlined, and the 3D view needs no internet.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.metadata import version as installed_version
from pathlib import Path

import platformdirs

from disgen.errors import DisgenError

FILE_NAME = "3Dmol-min.js"
FETCH_TIMEOUT = 60.0  # s, for npm to answer and to deliver 4 MB
PROBE_TIMEOUT = 3.0  # s, for the CDN to answer at all
# SHA-256 of build/3Dmol-min.js in the npm package, by version; other versions are checked by their look only.
_KNOWN = {"2.5.5": "f7cc78921ae72e7623e89cdd111434f58c2efddd2ffda1cd212644b406fb8016"}
_MEMBER = f"package/build/{FILE_NAME}"
_SMALLEST, _LARGEST = 100_000, 5_000_000  # bytes


class ScriptError(DisgenError):
    """3Dmol.js could not be had; the message says why, in one sentence."""


class ScriptSource(StrEnum):
    """Where the browser takes 3Dmol.js from."""

    LOCAL = "local"
    CDN = "cdn"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Script:
    """3Dmol.js as the viewer uses it.

    Attributes:
        source: where it comes from.
        path: the local copy; None unless the source is local.
        url: address on the CDN, for when there is no local copy.
        reason: why there is no local copy, one sentence; empty if there is one.
    """

    source: ScriptSource
    path: Path | None
    url: str
    reason: str = ""

    @property
    def tag(self) -> str:
        """The HTML element that brings the script into a page: inlined if local, a link to the CDN otherwise."""
        if self.path is None:
            return f'<script src="{self.url}" crossorigin="anonymous"></script>'
        return f"<script>{_read(self.path, self.path.stat().st_mtime_ns)}</script>"

    @property
    def message(self) -> str:
        """What to tell the user, one or two sentences; empty if all is well."""
        if self.source is ScriptSource.LOCAL:
            return ""
        if self.source is ScriptSource.CDN:
            return f"The 3D view loads 3Dmol.js from {self.url.split('/')[2]}: {self.reason}"
        return (
            f"The 3D view may stay empty, because 3Dmol.js is neither on this machine nor reachable: {self.reason} "
            f"Put {FILE_NAME} of the npm package 3dmol {version()} into {folder()}. Tables and downloads work anyway."
        )


@cache
def version() -> str:
    """Version of 3Dmol.js, that of the installed py3Dmol."""
    return installed_version("py3Dmol")


def cdn_url() -> str:
    """Address of the script on the CDN that py3Dmol uses."""
    return f"https://cdn.jsdelivr.net/npm/3dmol@{version()}/build/{FILE_NAME}"


def folder() -> Path:
    """Folder of the local copy: under $DISGEN_HOME, or the user's cache folder of the platform."""
    home = os.environ.get("DISGEN_HOME")
    base = Path(home).expanduser() if home else Path(platformdirs.user_cache_dir("disgen", appauthor=False))
    return base / f"3dmol-{version()}"


def local() -> Script | None:
    """The local copy if there is a sound one; reads a file, once unless it changes, and asks nobody."""
    path = folder() / FILE_NAME
    try:
        sound = _is_sound(path, path.stat().st_mtime_ns)
    except OSError:
        return None
    return Script(ScriptSource.LOCAL, path, cdn_url()) if sound else None


@lru_cache(maxsize=4)
def _is_sound(path: Path, modified: int) -> bool:  # noqa: ARG001 (the time of change is part of the key)
    try:
        verify(path.read_bytes())
    except ScriptError:
        return False
    return True


def obtain(*, probe: bool = True) -> Script:
    """The local copy, else one freshly fetched with npm, else the CDN. Takes up to `FETCH_TIMEOUT` seconds.

    Args:
        probe: ask the CDN whether it is there, if it comes to that.
    """
    if (script := local()) is not None:
        return script
    try:
        fetch()
    except ScriptError as error:
        source = ScriptSource.CDN if not probe or _answers(cdn_url()) else ScriptSource.UNREACHABLE
        return Script(source, None, cdn_url(), str(error))
    return local() or Script(ScriptSource.CDN, None, cdn_url(), f"{folder()} cannot be read.")


def fetch() -> Path:
    """Fetch the npm package and put its script into `folder`, in one step, so that no half-written file is seen.

    Raises:
        ScriptError: if npm is missing or fails, if the script is not what it should be or cannot be stored.
    """
    npm = shutil.which("npm")
    if npm is None:
        msg = "npm is not installed, so no local copy could be fetched."
        raise ScriptError(msg)
    target = folder() / FILE_NAME
    with tempfile.TemporaryDirectory(prefix="disgen-") as scratch:
        options = ["--json", "--ignore-scripts", "--fetch-retries=1", "--pack-destination", scratch]
        try:
            done = subprocess.run(  # noqa: S603 (fixed command, no shell)
                [npm, "pack", f"3dmol@{version()}", *options],
                cwd=scratch,
                timeout=FETCH_TIMEOUT,
                capture_output=True,
                check=True,
                stdin=subprocess.DEVNULL,
            )
            package = (Path(scratch) / json.loads(done.stdout)[0]["filename"]).read_bytes()
        except subprocess.TimeoutExpired as error:
            msg = f"npm did not deliver the package 3dmol within {FETCH_TIMEOUT:g} s."
            raise ScriptError(msg) from error
        except (subprocess.CalledProcessError, OSError, ValueError, LookupError, TypeError) as error:
            msg = "npm could not fetch the package 3dmol."
            raise ScriptError(msg) from error
    script = _extract(package)
    verify(script)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as part:
            part.write(script)
        Path(part.name).chmod(0o644)
        Path(part.name).replace(target)
    except OSError as error:
        msg = f"The folder {target.parent} cannot be written."
        raise ScriptError(msg) from error
    return target


def verify(script: bytes) -> None:
    """Check that a script is 3Dmol.js of the right version and may stand inside a page.

    Raises:
        ScriptError: if it is not.
    """
    expected = _KNOWN.get(version())
    if expected is not None:
        sound = hashlib.sha256(script).hexdigest() == expected
    else:
        sound = _SMALLEST < len(script) < _LARGEST and b"3Dmol" in script and version().encode() in script
    if not sound or b"</script" in script.lower():
        msg = f"The copy of {FILE_NAME} is not that of 3dmol {version()}."
        raise ScriptError(msg)


def _extract(package: bytes) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
            member = archive.extractfile(_MEMBER)
            if member is not None:
                return member.read(_LARGEST)
    except (tarfile.TarError, zlib.error, OSError, KeyError, EOFError) as error:
        msg = f"The npm package 3dmol has no {_MEMBER}."
        raise ScriptError(msg) from error
    msg = f"The npm package 3dmol has no {_MEMBER}."
    raise ScriptError(msg)


def _answers(url: str) -> bool:
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 (our own https address)
    try:
        with urllib.request.urlopen(request, timeout=PROBE_TIMEOUT):  # noqa: S310
            return True
    except (OSError, ValueError):
        return False


@cache
def _read(path: Path, modified: int) -> str:  # noqa: ARG001 (the time of change is part of the key)
    return path.read_text(encoding="utf-8")
