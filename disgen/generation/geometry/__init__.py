"""Distances, bonds and surroundings of crystals, and moving atoms apart."""
