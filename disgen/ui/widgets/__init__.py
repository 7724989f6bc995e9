"""Inputs of our own that are drawn in the browser."""
