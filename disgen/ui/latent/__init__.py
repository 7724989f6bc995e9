"""The latent map and a point on it, for every page that has one."""
