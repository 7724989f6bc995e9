"""The table of checks: what it names is what is computed, and all downloads mean the same by it."""

import csv
import io
import zipfile
from dataclasses import fields

import numpy as np
import pytest
from test_screening import ALLOY, CHARGED, OXIDE, SALT, SPLIT, SQUEEZED, WUESTITE

from disgen.generation.checks import CHECK_COLUMNS, CHECKS, MEASURES, SOUND, Basis, check_values
from disgen.generation.decoded import DecodedLatents
from disgen.generation.outcome import Outcome
from disgen.generation.reconstruction import Reconstructions
from disgen.generation.screening import Screen, outcomes, screen
from disgen.judge.search_manifest import manifest_columns, manifest_values
from disgen.judge.search_results import SearchedPoint
from disgen.ui.crystal.tray import Item, Origin
from disgen.ui.crystal.tray_archive import pack
from disgen.ui.data.loading import SampleKey
from disgen.ui.estimators.samples import archive

CRYSTALS = [OXIDE, SALT, WUESTITE, CHARGED, SQUEEZED, SPLIT, ALLOY]
KNOWN = {SALT.key}


def test_checks_and_measures_are_the_columns_of_a_screening():
    kinds = {item.name: item.type for item in fields(Screen)}
    assert {check.key for check in CHECKS} == {name for name, kind in kinds.items() if kind == "bool"}
    assert {measure.key for measure in MEASURES} == {n for n, kind in kinds.items() if kind in {"float", "int"}}
    assert len({check.label for check in CHECKS}) == len({check.rate for check in CHECKS}) == len(CHECKS)


def test_what_is_sound_is_what_no_check_rejects():
    screening = screen(CRYSTALS, KNOWN)
    rejected = {check.outcome for check in SOUND}
    assert [outcome not in rejected for outcome in outcomes(screening)] == screening.sound.tolist()
    assert Outcome.TOO_CLOSE in rejected
    assert Outcome.NOT_NEUTRAL in rejected


@pytest.mark.parametrize("check", CHECKS, ids=[check.key for check in CHECKS])
def test_some_crystal_passes_each_check_and_some_crystal_fails_it(check):
    screening = screen([*CRYSTALS, OXIDE], KNOWN)
    passed = {bool(getattr(one, check.key)) for one in screening}
    assert passed == {True, False}
    assert all(check.reason(one) for one in screening)
    assert check.sentence.endswith(".")


def rows(content):
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return list(csv.DictReader(io.StringIO(bundle.read("manifest.csv").decode())))


def searched(index, decoded):
    return SearchedPoint(
        index,
        seed=0,
        step=0,
        decoded=decoded,
        met=(),
        log_probability=0.0,
        verdict=None,
        twin=False,
        near=True,
        imbalance=0,
        foreign=(),
        expected_volume=1.0,
    )


def test_columns_mean_the_same_in_every_download():
    """The same crystals as a set of samples, as what a search found, and in the tray."""
    crystals = [crystal for crystal in CRYSTALS if crystal is not SQUEEZED]  # which no CIF holds, and thus no tray
    z = np.zeros((len(crystals), 2), dtype=np.float32)
    found = DecodedLatents.judged(z, Reconstructions.of_crystals(crystals), KNOWN)
    samples = rows(archive(SampleKey("kde", len(found), 0), found, lambda _: None))
    results = [searched(index, latent) for index, latent in enumerate(found)]
    columns = manifest_columns()
    search = [dict(zip(columns, map(str, manifest_values(result)), strict=True)) for result in results]
    tray = rows(
        pack(
            [Item(one.crystal, Origin("open", one.outcome, novel=one.checks.novel)) for one in found],
            [None] * len(found),
        )
    )
    for check, *downloaded in zip(found.screening, samples, search, tray, strict=True):
        expected = {column: str(value) for column, value in check_values(check).items()}
        assert tuple(expected) == CHECK_COLUMNS
        for row in downloaded:
            assert {column: row[column] for column in CHECK_COLUMNS} == expected


def test_what_depends_on_other_samples_or_on_the_training_data_says_so():
    assert [check.key for check in CHECKS if check.basis is Basis.SAMPLES] == ["unique"]
    assert [check.key for check in CHECKS if check.basis is Basis.TRAINING] == ["novel"]
    alone = screen([OXIDE])[0]
    among = screen([OXIDE, OXIDE], {OXIDE.key})[1]
    for check in CHECKS:
        same = getattr(alone, check.key) == getattr(among, check.key)
        assert same == (check.basis is Basis.CRYSTAL)
