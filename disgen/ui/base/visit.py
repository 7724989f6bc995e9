"""Who is visiting: the place of this browser on this server, found again by a cookie after a reload or in another tab.

The cookie holds the identifier of a place (`disgen.ui.base.places`) and nothing else. A browser gets one once there is
something to keep. It is no part of any link, so a link that is passed on shows nobody what its sender has put aside.
"""

from __future__ import annotations

import math
import weakref

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from disgen.ui.base.jobs import Presence
from disgen.ui.base.places import DAYS, Place, Places

PLACE = "_place"  # in the session's state
KEY = "visit"  # of the container of the cookie's script, which is not seen
ABSENCE = 180.0  # s without any connected tab, after which work in the background is stopped
LOST = (
    f"What this browser had put aside here is gone: the server keeps trays and searches for {DAYS} days, fewer if many "
    "people come, and not over a restart. A tray that was saved as a zip can be restored on the tray's page."
)


def place() -> Place:
    """What this browser has put aside; empty, and not kept until something is in it, at its first visit."""
    state = st.session_state
    if PLACE not in state:
        identifier = st.context.cookies.get(_cookie())
        found = _places().find(identifier) if identifier else None
        if identifier and found is None:
            st.toast(LOST, icon=":material/inventory_2:", duration="infinite")
        state[PLACE] = found or Place()
    result: Place = state[PLACE]
    if (context := get_script_run_ctx()) is not None:
        result.enter(context.session_id, _is_connected)
    return result


def keep() -> None:
    """Once in each run of the script: the place is in use, and the browser knows how to find it again."""
    mine = place()
    _places().hold(mine)
    held = mine.identifier if mine else ""
    if held or _cookie() in st.context.cookies:
        with st.container(key=KEY):
            st.html(cookie_html(_cookie(), held), unsafe_allow_javascript=True)


def presence(of: Place) -> Presence:
    """Somebody is at a place; nobody once it has been dropped. It does not keep the place."""
    found = weakref.ref(of)

    def absent() -> float:
        there = found()
        return math.inf if there is None else there.absent()

    return Presence(absent, ABSENCE)


def cookie_html(name: str, identifier: str) -> str:
    """A script that sets the cookie for the days that a place is kept; without an identifier, it takes it away."""
    age = DAYS * 86_400 if identifier else 0
    return (
        f'<script>document.cookie = "{name}={identifier}; path=/; max-age={age}; SameSite=Strict"'
        ' + (location.protocol === "https:" ? "; Secure" : "");</script>'
    )


def _cookie() -> str:
    """Name of the cookie: servers of one machine share cookies, so the port is part of it."""
    return f"disgen-{st.get_option('server.port')}"


def _is_connected(session: str) -> bool:
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(session))


@st.cache_resource(show_spinner=False)
def _places() -> Places:
    return Places()
