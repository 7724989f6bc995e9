"""What a crystal should be, as far as the beginning of its sentence decides it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wishes:
    """What a crystal should be, as far as its beginning decides it; all empty means anything.

    Attributes:
        required: atomic numbers that must be there.
        allowed: atomic numbers that may be there, beside the required ones; None for all.
        groups: space groups, None for all.
        sites: numbers of sites, None for all.
        disordered: numbers of disordered sites, None for all.
    """

    required: frozenset[int] = frozenset()
    allowed: frozenset[int] | None = None
    groups: frozenset[int] | None = None
    sites: frozenset[int] | None = None
    disordered: frozenset[int] | None = None
