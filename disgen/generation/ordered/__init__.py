"""Ordered cells of a disordered crystal: supercells, whole numbers of atoms, positions that exclude each other."""
