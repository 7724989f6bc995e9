"""Dis-GEN Explorer: ``streamlit run app.py``."""

from disgen.ui import chrome, loading

loading.start_fetching_script()
page = chrome.navigation()
chrome.sidebar()
page.run()
