"""The conditioning page."""
