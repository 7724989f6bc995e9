"""How Streamlit's own files reach the browser: as few bytes as they can be."""
