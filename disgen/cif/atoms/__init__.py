"""The atoms that a block lists: which element each is, and where it stands."""
