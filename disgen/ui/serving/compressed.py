"""Streamlit's own scripts, styles and icons in few bytes: its server sends them as they are, four times as many.

Each is made once, when it is first asked for, and kept in memory. Browsers keep them for a year by their names.
"""

from __future__ import annotations

import gzip
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response

from disgen.ui.serving.icons import few_icons, icon_names

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_KINDS = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
_AT = "/static/"
_ICONS = "MaterialSymbols"  # how the name of their font begins
_QUALITY = 7  # of brotli: a tenth less than gzip in the same time; higher ones take ten times as long for 3 % more
_HEADERS = {"Cache-Control": "public, immutable, max-age=31536000", "Vary": "Accept-Encoding"}


class Compressed:
    """Answers for the app where one of these files is asked for.

    Args:
        app: what answers otherwise.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._files = app, static_files()
        self._maker = ThreadPoolExecutor(1)
        self._icons: Future[bytes] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answer = await self._answer(scope)
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        """The file that is asked for; None for any that was not there when the server started."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        headers, path = Headers(scope=scope), str(scope["path"])
        file = self._files.get(path[path.find(_AT) :]) if _AT in path else None  # below any base path
        if file is None or "range" in headers:
            return None
        kind = _KINDS[file.suffix]
        if file.suffix == ".woff2":
            icons = self._font(file)
            return Response(icons, headers=_HEADERS, media_type=kind) if icons else None
        read = {word.split(";")[0].strip() for word in headers.get("accept-encoding", "").split(",")}
        encoding = next((one for one in ("br", "gzip") if one in read), None)
        if encoding is None:
            return None
        body = await run_in_threadpool(_compressed, file, encoding)
        return Response(body, headers=_HEADERS | {"Content-Encoding": encoding}, media_type=kind)

    def _font(self, file: Path) -> bytes | None:
        """The font with few icons once it is made, which takes seconds; whoever asks before gets the whole one."""
        if self._icons is None:
            self._icons = self._maker.submit(lambda: few_icons(file.read_bytes(), icon_names()))
        return self._icons.result() if self._icons.done() else None


def static_files() -> dict[str, Path]:
    """Streamlit's scripts, styles and icons, by the paths at which its server has them."""
    static = Path(streamlit.__file__).parent / "static"
    found = [
        *(static / "static" / "js").glob("*.js"),
        *(static / "static" / "css").glob("*.css"),
        *(static / "static" / "media").glob(f"{_ICONS}*.woff2"),
    ]
    return {f"/{file.relative_to(static).as_posix()}": file for file in found}


@cache
def _compressed(file: Path, encoding: str) -> bytes:
    content = file.read_bytes()
    if encoding == "gzip":
        return gzip.compress(content, mtime=0)
    compressed: bytes = brotli.compress(content, quality=_QUALITY)
    return compressed
