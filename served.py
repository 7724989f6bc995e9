"""Dis-GEN Explorer as a server for slow lines too: ``disgen app``, which is ``streamlit run served.py``."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from disgen.ui.serving.compressed import Compressed

app = App(Path(__file__).with_name("app.py"), middleware=[Middleware(Compressed)])
