"""Drawing from the learned prior."""

import numpy as np
import pytest
import torch

from disgen.canonical import canonicalise_many
from disgen.prior.geometry.network import GeometryModel, GeometrySettings
from disgen.prior.geometry.parameters import element_volumes
from disgen.prior.geometry.templates import Templates
from disgen.prior.language.network import LanguageModel, LanguageSettings, as_tensors
from disgen.prior.language.tokens import Token, sentences
from disgen.prior.language.wishes import Wishes
from disgen.prior.sampling import draw_geometry, draw_skeletons, draw_within_reach


@pytest.fixture(scope="module")
def language():
    torch.manual_seed(0)
    return LanguageModel(LanguageSettings(32, 2, 2)).eval()


@pytest.fixture(scope="module")
def geometry():
    torch.manual_seed(0)
    return GeometryModel(GeometrySettings(32, 1, 2, 4)).eval()


def test_the_log_probability_is_the_models(language):
    drawn = draw_skeletons(language, 100, np.random.default_rng(0))
    assert len(drawn.crystals) == len(drawn.log_prob) == 100
    spelt, fits = sentences(drawn.crystals)
    with torch.inference_mode():
        nats = language.losses(as_tensors(spelt))[0].numpy()
    gap = np.abs(drawn.log_prob[fits] + nats)
    assert np.median(gap) < 0.2
    assert (gap < 1.0).mean() > 0.95


def test_all_lengths_have_their_turn_in_order_of_drawing(language):
    drawn = draw_skeletons(language, 300, np.random.default_rng(1))
    length = np.array([len(crystal.sites) for crystal in drawn.crystals])
    first, second = length[:150].mean(), length[150:].mean()
    assert abs(first - second) < 4.0 * length.std() / np.sqrt(75), "short sentences do not come first"


def test_cold_sentences_are_likelier(language):
    per_token = []
    for temperature in (0.3, 1.5):
        drawn = draw_skeletons(language, 100, np.random.default_rng(2), temperature=temperature)
        spelt, fits = sentences(drawn.crystals)
        per_token.append(drawn.log_prob[fits].sum() / (spelt.token != Token.PAD).sum())
    assert per_token[0] > per_token[1]


def test_wishes_follow_the_models_own_distribution(language):
    """Of crystals of one site, as many are in a set of groups as the model says, given what was announced before."""
    wishes = Wishes(allowed=frozenset({8}), required=frozenset({8}), groups=frozenset({221, 225}))
    drawn = draw_skeletons(language, 600, np.random.default_rng(3), wishes=wishes)
    share = np.mean([crystal.space_group == 225 for crystal in drawn.crystals])
    beginning = [Token.SOURCE, Token.ELEMENT + 8, Token.NO_MORE]
    said = {name: torch.zeros(1, 3, dtype=torch.long) for name in ("site", "slot", "row")}
    said |= {"token": torch.tensor([beginning]), "role": torch.tensor([[0, 1, 1]])}
    said |= {name: torch.zeros(1, 3) for name in ("amount", "left", "charge")}
    with torch.inference_mode():
        scores = language.scores(language.hidden(said)[0, -1]).float()
    expected = torch.softmax(scores[[Token.GROUP + 221, Token.GROUP + 225]], 0)[1].item()
    assert share == pytest.approx(expected, abs=0.07)


@pytest.mark.parametrize("reach", [30.0, -1.0])
def test_crystals_out_of_reach_come_only_where_there_are_no_others(language, minerals, reach):
    templates = Templates.of(minerals, element_volumes(minerals))
    oxygen = Wishes(required=frozenset({8}), allowed=frozenset({14}), sites=frozenset({1, 2}))
    drawn, known = draw_within_reach(
        language, templates, 20, np.random.default_rng(1), reach=reach, most=2, wishes=oxygen
    )
    assert len(drawn.crystals) == len(drawn.log_prob) == len(known) == 20
    within = [bool(placed) and placed[0].distance <= reach for placed in known]
    assert within == sorted(within, reverse=True), "those out of reach come last"
    assert any(within) == (reach > 0.0)
    again = templates.placed(drawn.crystals, 2)
    assert all(len(one) <= len(other) for one, other in zip(known, again, strict=True))


def test_geometry_keeps_the_skeleton_and_is_canonical(geometry, minerals):
    chosen = minerals[:90]
    volumes = element_volumes(minerals)
    known = Templates.of(minerals[45:], volumes).placed(chosen, 4)
    assert not all(known)
    crystals, density = draw_geometry(geometry, chosen, known, volumes, np.random.default_rng(0), draws=4)
    assert [crystal.composition for crystal in crystals] == [crystal.composition for crystal in chosen]
    monoclinic = [3 <= crystal.space_group < 75 for crystal in chosen]  # where letters depend on the shape of the cell
    same = [one.key == other.key for one, other in zip(crystals, chosen, strict=True)]
    assert all(one or other for one, other in zip(same, monoclinic, strict=True))
    assert canonicalise_many(crystals) == crystals
    alone = [draw_geometry(geometry, chosen, known, volumes, np.random.default_rng(s), draws=1)[1] for s in range(3)]
    assert density.mean() > max(one.mean() for one in alone), "the densest of several is kept"
