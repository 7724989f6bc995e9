"""Names of samplers for people."""

import pytest

from disgen.latent.registry import ESTIMATORS
from disgen.ui.base import samplers


@pytest.mark.parametrize("name", ["test", *ESTIMATORS])
def test_every_registered_sampler_has_a_name_and_a_sentence(name):
    assert samplers.label(name)
    assert samplers.label(name) != name
    assert samplers.hint(name).endswith(".")


def test_names_are_distinct():
    assert len({samplers.label(name) for name in ESTIMATORS}) == len(ESTIMATORS)


def test_a_sampler_that_nobody_has_named_goes_by_its_own_name():
    assert samplers.label("diffusion-prior") == "Diffusion prior"
    assert samplers.hint("diffusion-prior") == ""
