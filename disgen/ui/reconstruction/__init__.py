"""The reconstruction page."""
