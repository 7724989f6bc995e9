"""Latent map: the test split in the plane, samples among it, and the crystal that a clicked point decodes to."""

import streamlit as st

from disgen.latent.estimators import EstimatorError
from disgen.latent.projection import ProjectionError
from disgen.ui import chrome
from disgen.ui.explorer import show_explorer

chrome.heading(
    "Latent map",
    "Every point is the latent code of a crystal; near points decode to similar crystals. "
    "Click one to see the disordered crystal that it decodes to.",
)
key, _ = chrome.chosen_run()
try:
    show_explorer(key)
except (ProjectionError, EstimatorError) as error:
    st.error(str(error), icon=":material/error:")
