"""How good a model is: reconstruction errors, samplers and conditioning, measured as the paper does and beyond."""
