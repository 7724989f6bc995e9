"""From one disordered crystal to its thermodynamics: many ordered cells that stand for it, and their statistics."""
