"""Energies of ordered cells by interatomic potentials, and the hull of the same potential's reference crystals.

What the judge of samples (`disgen.judge.energies`) and ensembles of one crystal (`disgen.ensembles`) share.
"""
