"""Dis-GEN Explorer: ``streamlit run app.py``."""

from disgen.ui import frame
from disgen.ui.data import loading

loading.start_fetching_script()
page = frame.navigation()
page.run()
