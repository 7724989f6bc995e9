"""The app: rooms of what the pages share, then a room for each page."""
