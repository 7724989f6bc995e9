"""The latent map page."""
