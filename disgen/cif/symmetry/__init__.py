"""The symmetry that a block states: its operations, its group's names, and the settings that these may mean."""
