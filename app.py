"""Dis-GEN Explorer: ``streamlit run app.py``."""

import streamlit as st

from disgen.ui import chrome, loading

st.set_page_config(page_title="Dis-GEN Explorer", page_icon="💠", layout="wide")
loading.start_fetching_script()
page = st.navigation(
    [
        st.Page("pages/overview.py", title="Overview", icon=":material/home:", default=True),
        st.Page("pages/latent_map.py", title="Latent map", icon=":material/scatter_plot:"),
        st.Page("pages/viewer.py", title="Viewer", icon=":material/deployed_code:"),
    ]
)
chrome.sidebar()
page.run()
