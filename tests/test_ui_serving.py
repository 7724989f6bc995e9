"""Streamlit's own files in few bytes: the same content, and no icon is missing that the app shows."""

import asyncio
import gzip
import io
import time

import brotli
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from starlette.responses import PlainTextResponse

from disgen.ui.serving.compressed import Compressed, static_files
from disgen.ui.serving.icons import few_icons, icon_glyphs, icon_names


async def behind(scope, receive, send):
    await PlainTextResponse("behind")(scope, receive, send)


class Client:
    """Asks an app as a browser does, and gets what comes over the line."""

    def __init__(self):
        self.app = Compressed(behind)

    def ask(self, path, accepted="gzip, br", method="GET", **headers):
        sent = {"accept-encoding": accepted} | headers
        scope = {"type": "http", "method": method, "path": path}
        scope["headers"] = [(name.encode(), value.encode()) for name, value in sent.items()]
        messages = []

        async def send(message):
            messages.append(message)

        asyncio.run(self.app(scope, None, send))
        answered = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        return answered, b"".join(message.get("body", b"") for message in messages[1:])


@pytest.fixture(scope="module")
def client():
    return Client()


def some(start, suffix):
    return next(
        (path, file) for path, file in static_files().items() if file.name.startswith(start) and path.endswith(suffix)
    )


@pytest.mark.parametrize(
    ("accepted", "encoding", "open_it"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip;q=1.0, *;q=0.1", "gzip", gzip.decompress),
    ],
)
@pytest.mark.parametrize(("start", "suffix"), [("index.", ".js"), ("index.", ".css")])
def test_a_script_comes_compressed_and_whole(client, accepted, encoding, open_it, start, suffix):
    path, file = some(start, suffix)
    headers, body = client.ask(path, accepted)
    assert headers["content-encoding"] == encoding
    assert headers["content-type"].startswith("text/")
    assert "immutable" in headers["cache-control"]
    assert headers["vary"] == "Accept-Encoding"
    assert open_it(body) == file.read_bytes()
    assert len(body) < file.stat().st_size / 2
    assert client.ask(f"/below{path}", accepted)[1] == body


@pytest.mark.parametrize("path", ["/", "/latent_map", "/static/js/none.js", "/static/../app.py", "/_stcore/health"])
def test_all_else_is_answered_by_the_app(client, path):
    assert client.ask(path)[1] == b"behind"


def test_who_reads_no_compressed_files_gets_none(client):
    path, _ = some("index.", ".js")
    assert client.ask(path, "identity")[1] == b"behind"
    assert client.ask(path, "gzip", range="bytes=0-9")[1] == b"behind"
    assert client.ask(path, "gzip", method="HEAD")[0]["content-type"].startswith("text/plain")


def test_the_icons_are_few_once_they_are_made():
    client, (path, file) = Client(), some("MaterialSymbols", ".woff2")
    assert client.ask(path)[1] == b"behind"  # the whole font meanwhile
    end = time.monotonic() + 60.0
    while (answer := client.ask(path))[1] == b"behind":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert answer[0]["content-type"] == "font/woff2"
    assert "content-encoding" not in answer[0]
    assert len(answer[1]) < file.stat().st_size / 10


def drawn(font, glyph):
    pen = RecordingPen()
    font.getGlyphSet()[glyph].draw(pen)
    return pen.value


def test_every_icon_that_occurs_is_drawn_as_in_the_whole_font():
    content = some("MaterialSymbols", ".woff2")[1].read_bytes()
    names = icon_names()
    assert {"scatter_plot", "layers", "expand_more", "download", "blur_on"} <= names
    whole, few = TTFont(io.BytesIO(content)), TTFont(io.BytesIO(few_icons(content, names)))
    before, after = icon_glyphs(whole), icon_glyphs(few)
    assert names & set(before) <= set(after)
    assert names - set(before) <= {"star_filled"}  # which Streamlit writes, and the font does not have
    for name in names & set(before):
        assert drawn(few, after[name]) == drawn(whole, before[name]) != []
