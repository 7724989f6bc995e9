"""One crystal on a page: in 3D, in tables, in the tray."""
