"""3Dmol.js for the views, fetched once for all sessions, in the background."""

from __future__ import annotations

import streamlit as st

from disgen import threedmol
from disgen.ui.base.jobs import Job

SCRIPT_PATIENCE = 12.0  # s that a view waits for 3Dmol.js to be fetched before it turns to the CDN


def script() -> threedmol.Script:
    """3Dmol.js for a view: the local copy, else one fetched now, else the CDN's while it is still being fetched."""
    if (found := threedmol.local()) is not None:
        return found
    job = _fetching()
    seen = job.look()
    if seen.goes_on:
        with st.spinner("Fetching 3Dmol.js for the 3D view; this happens once …"):
            seen = job.wait(SCRIPT_PATIENCE)
    reason = seen.problem or "the copy for this machine is still being fetched."
    return seen.progress or threedmol.Script(threedmol.ScriptSource.CDN, None, threedmol.cdn_url(), reason)


@st.cache_resource(show_spinner=False)
def _fetching() -> Job[threedmol.Script | None]:
    """The one attempt of this server to get 3Dmol.js, in the background."""
    return Job(lambda reporter: reporter.say(threedmol.obtain()), None, name="Fetching 3Dmol.js")


def start_fetching_script() -> None:
    """Look for 3Dmol.js in the background if there is no local copy, so that the first view need not wait."""
    if threedmol.local() is None:
        _fetching()
