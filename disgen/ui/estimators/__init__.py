"""The estimators page."""
