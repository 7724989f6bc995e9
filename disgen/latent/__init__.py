"""The latent space: density estimators that sample it, and its maps in the plane."""
