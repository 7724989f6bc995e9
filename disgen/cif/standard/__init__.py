"""From what a file states to the one canonical crystal that agrees with it."""
