"""Symmetry and contents of crystals as sentences: tokens, grammar, the network, and drawing from it."""
