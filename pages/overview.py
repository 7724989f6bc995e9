"""Overview: what this is, one crystal, the run's card, and eight new crystals at the push of a button."""

import streamlit as st

from disgen.ui import frame
from disgen.ui.overview.card import show_card
from disgen.ui.overview.gallery import show_featured, show_gallery

frame.heading(
    "Dis-GEN Explorer",
    "A generative model of **disordered inorganic crystals**: crystals whose sites are shared by several elements or "
    "partly empty.",
)
with st.container(key="wide_overview"):
    left, right = st.columns([5, 4], gap="large")
with left:
    st.markdown(
        "- Each crystal is described by its **Wyckoff sites**: position, multiplicity, coordinates, occupancies.\n"
        "- A variational autoencoder learns this description and gives every crystal a point in a **latent space**.\n"
        "- Each point of that space decodes to a crystal again: **sample** it, and you get new disordered crystals.\n"
        "- On the **latent map** you click a point and see its crystal; in the **viewer** you try your own CIF.\n"
        "- Everything you see can be downloaded as a CIF with symmetry and partial occupancies."
    )
    st.page_link("pages/latent_map.py", label="Open the latent map", icon=":material/scatter_plot:")
    st.page_link("pages/viewer.py", label="View a CIF of yours", icon=":material/upload_file:")
key, run = frame.chosen_run()
with right:
    show_featured(key)
st.divider()
show_gallery(key)
st.divider()
show_card(run)
