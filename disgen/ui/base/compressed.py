"""Streamlit's own scripts and styles, compressed: its server sends them as they are, which is three times as much.

Each is compressed once, when it is first asked for, and kept in memory. Browsers keep them for a year by their names.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_KINDS = {".js": "text/javascript", ".css": "text/css"}
_AT = "/static/"
_HEADERS = {
    "Content-Encoding": "gzip",
    "Cache-Control": "public, immutable, max-age=31536000",
    "Vary": "Accept-Encoding",
}


class Compressed:
    """Answers for the app where a script or a style is asked for by a browser that reads gzip.

    Args:
        app: what answers otherwise.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._files = app, scripts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        file = self._wanted(scope)
        if file is None:
            await self._app(scope, receive, send)
            return
        body = await run_in_threadpool(_compressed, file)
        await Response(body, headers=_HEADERS, media_type=_KINDS[file.suffix])(scope, receive, send)

    def _wanted(self, scope: Scope) -> Path | None:
        """The file that is asked for, below any base path; only those that were there when the server started."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        headers, path = Headers(scope=scope), str(scope["path"])
        if _AT not in path or "range" in headers or "gzip" not in headers.get("accept-encoding", ""):
            return None
        return self._files.get(path[path.index(_AT) :])


def scripts() -> dict[str, Path]:
    """Streamlit's scripts and styles, by the paths at which its server has them."""
    static = Path(streamlit.__file__).parent / "static"
    found = (file for folder in ("js", "css") for file in (static / "static" / folder).glob("*"))
    return {f"/{file.relative_to(static).as_posix()}": file for file in found if file.suffix in _KINDS}


@cache
def _compressed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), mtime=0)
