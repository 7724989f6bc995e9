"""The share of disordered crystals among samples is that of the data."""

import numpy as np
import pytest
import torch

from disgen.canonical import canonicalise_many
from disgen.prior.calibration import calibrate
from disgen.prior.geometry.parameters import element_volumes
from disgen.prior.geometry.templates import SAME, Templates
from disgen.prior.language.network import LanguageModel, LanguageSettings
from disgen.prior.sampling import draw_skeletons


@pytest.fixture(scope="module")
def language():
    torch.manual_seed(0)
    return LanguageModel(LanguageSettings(32, 1, 2)).eval().requires_grad_(requires_grad=False)


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_samples_get_the_share_that_is_asked_for(language, minerals, share):
    templates = Templates.of(minerals, element_volumes(minerals))
    found = calibrate(language, templates, share, np.inf, np.random.default_rng(0), samples=600)
    assert found.drawn > share + 0.1, "random weights have more disorder"
    assert 0.0 < found.disordered < 1.0
    drawn = draw_skeletons(language, 600, np.random.default_rng(1), disordered=found.disordered)
    got = np.mean([crystal.disordered_sites > 0 for crystal in drawn.crystals])
    assert got == pytest.approx(share, abs=0.12), "few were ordered before"


def test_more_disorder_than_there_is_cannot_be_asked_for(language, minerals):
    templates = Templates.of(minerals[:50], element_volumes(minerals))
    assert calibrate(language, templates, 0.99, np.inf, np.random.default_rng(0), samples=50).disordered == 1.0


def test_as_many_known_crystals_are_given_up_as_others(language):
    """All that the model can say in one draw is known, or out of reach: some of the known must go."""
    rng = np.random.default_rng(0)
    spoken = canonicalise_many(draw_skeletons(language, 40, rng).crystals)
    templates = Templates.of(spoken[:20], np.full(101, 15.0))
    found = calibrate(language, templates, 0.5, 1e9, np.random.default_rng(0), samples=40)
    distance = [placed[0].distance if placed else np.inf for placed in templates.placed(spoken, 1)]
    others = [gap for gap in distance if gap > SAME]
    assert found.repeated == pytest.approx(np.mean([gap <= 1e9 for gap in others]) or 1.0, abs=0.1)
