"""What the pages of the app share: cached loading, the 3D viewer, plots, page chrome."""
