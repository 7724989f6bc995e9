"""What the browser reads of a packed scatter (`disgen.ui.charts.scatter`), as ``points.js`` does."""

import json

import numpy as np


def unpacked(packed):
    """Head, (n, 2) places, colours' numbers, space groups and formulas."""
    start = 4 + int.from_bytes(packed[:4], "little")
    head, rest = json.loads(packed[4:start]), packed[start:]
    n = head["n"]
    places = np.frombuffer(rest[: 4 * n], "<u2").reshape(2, n).T
    left, right, bottom, top = head["frame"]
    xy = np.array([left, bottom]) + places / 65_535 * np.array([right - left, top - bottom])
    bytes_of = [np.frombuffer(rest[at * n : (at + 1) * n], np.uint8) for at in (4, 5)]
    return head, xy, *bytes_of, rest[6 * n :].decode().split("\n")
