"""The tray page."""
