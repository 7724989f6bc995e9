"""`python -m disgen bench`: how fast the program is on the machine at hand, and whether crystals survive it."""
