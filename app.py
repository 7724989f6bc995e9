"""Dis-GEN Explorer: ``streamlit run app.py``."""

from disgen.ui import frame
from disgen.ui.data import threedmol_script

threedmol_script.start_fetching_script()
page = frame.navigation()
frame.show(page)
