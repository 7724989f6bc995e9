"""From decoder output to crystals, and what is wrong with those that are not good enough."""
