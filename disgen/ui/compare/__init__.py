"""The page on which two sets of crystals stand side by side."""
