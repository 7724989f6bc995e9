"""Maps of the latent space: repeatable, stored without pickles, and new points land where they belong."""

import time

import numpy as np
import openTSNE
import pytest

from disgen.latent.projection import METHODS, ProjectionError, fit_map, load_map, save_map, stored_maps


def clusters(n: int, dimension: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = 2.0 * np.random.default_rng(99).normal(size=(20, dimension))
    label = rng.integers(20, size=n)
    return (centres[label] + 0.3 * rng.normal(size=(n, dimension))).astype(np.float32), label


@pytest.fixture(scope="module")
def latents() -> np.ndarray:
    return clusters(600, 16)[0]


@pytest.fixture(scope="module")
def maps(latents) -> dict:
    return {method: fit_map(latents, method) for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_a_map_is_two_finite_numbers_per_latent_and_repeats(maps, latents, method):
    first = maps[method]
    assert first.coordinates.shape == (600, 2)
    assert first.coordinates.dtype == np.float32
    assert np.isfinite(first.coordinates).all()
    assert np.array_equal(first.coordinates, fit_map(latents, method).coordinates)


@pytest.mark.parametrize("method", METHODS)
def test_placing_repeats_moves_nothing_and_ignores_company(maps, latents, method):
    new = clusters(80, 16, seed=5)[0]
    before, untouched = maps[method].coordinates.copy(), new.copy()
    placed = maps[method].place(new)
    assert placed.shape == (80, 2)
    assert placed.dtype == np.float32
    assert np.array_equal(placed, maps[method].place(new))
    assert np.array_equal(maps[method].coordinates, before)
    assert np.array_equal(new, untouched)
    alone = np.concatenate([maps[method].place(new[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(alone, placed[:5], atol=1e-3)


def test_placing_leaves_random_numbers_of_others_alone(maps):
    state = np.random.get_state()[1].copy()  # noqa: NPY002 (the legacy global state is what must not change)
    maps["tsne"].place(clusters(10, 16, seed=5)[0])
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_new_points_join_their_cluster(maps):
    label = clusters(600, 16)[1]
    new, new_label = clusters(200, 16, seed=5)
    placed = maps["tsne"].place(new)
    gaps = np.linalg.norm(placed[:, None] - maps["tsne"].coordinates[None], axis=2)
    assert np.mean(label[gaps.argmin(axis=1)] == new_label) > 0.99


def test_placing_agrees_with_opentsnes_transform(maps, latents):
    affinities = openTSNE.affinity.PerplexityBasedNN(latents, 30, method="exact")
    theirs = openTSNE.TSNEEmbedding(maps["tsne"].coordinates, affinities, negative_gradient_method="bh")
    new = clusters(200, 16, seed=5)[0]
    expected = np.asarray(theirs.transform(new)) - np.asarray(theirs)[0] + maps["tsne"].coordinates[0]  # it re-centres
    gaps = np.linalg.norm(maps["tsne"].place(new) - expected, axis=1)
    spread = np.ptp(maps["tsne"].coordinates, axis=0).max()
    assert np.median(gaps) < 0.001 * spread
    assert np.quantile(gaps, 0.95) < 0.01 * spread


def test_pca_places_the_mapped_latents_where_they_are(maps, latents):
    np.testing.assert_allclose(maps["pca"].place(latents), maps["pca"].coordinates, rtol=1e-3, atol=1e-3)
    share = maps["pca"].settings["explained_variance"]
    assert 0.0 < share[1] <= share[0] < 1.0


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_storing_changes_nothing(latents, metric, tmp_path):
    half = latents.astype(np.float16)
    fitted = fit_map(half.astype(np.float32), metric=metric)
    save_map(fitted, tmp_path / "maps")
    loaded = load_map(tmp_path / "maps", "tsne", half)
    assert np.array_equal(loaded.coordinates, fitted.coordinates)
    assert loaded.settings == fitted.settings
    new = clusters(30, 16, seed=6)[0]
    assert np.array_equal(loaded.place(new), fitted.place(new))
    assert stored_maps(tmp_path / "maps") == ("tsne",)
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["tsne.json", "tsne.safetensors"]


def test_damaged_or_foreign_maps_are_named(maps, latents, tmp_path):
    with pytest.raises(ProjectionError, match=r"pca\.json is missing"):
        load_map(tmp_path, "pca", latents)
    save_map(maps["pca"], tmp_path)
    with pytest.raises(ProjectionError, match="other latents"):
        load_map(tmp_path, "pca", latents[::-1])
    (tmp_path / "pca.safetensors").write_bytes(b"nothing")
    with pytest.raises(ProjectionError, match=r"pca\.safetensors is damaged"):
        load_map(tmp_path, "pca", latents)
    (tmp_path / "pca.json").write_text("{}")
    with pytest.raises(ProjectionError, match=r"pca\.json is damaged"):
        load_map(tmp_path, "pca", latents)


def test_bad_input_is_refused(maps, latents):
    broken = latents.copy()
    broken[0, 0] = np.nan
    for use in (lambda: fit_map(broken), lambda: maps["tsne"].place(broken)):
        with pytest.raises(ProjectionError, match="not finite"):
            use()
    with pytest.raises(ProjectionError, match="at least 5"):
        fit_map(latents[:4])
    with pytest.raises(ProjectionError, match=r"shape \(n, 16\)"):
        maps["tsne"].place(latents[:, :3])
    with pytest.raises(ProjectionError, match="metric 'taxi'"):
        fit_map(latents, metric="taxi")
    assert maps["tsne"].place(latents[:0]).shape == (0, 2)


def test_small_sets_and_far_points_are_placed():
    few = clusters(12, 4)[0]
    small = fit_map(few)
    assert np.isfinite(small.coordinates).all()
    assert np.isfinite(small.place(np.concatenate([few, 1e3 * few, np.zeros((1, 4), dtype=np.float32)]))).all()
    doubled = fit_map(np.concatenate([few, few, few]))  # identical latents happen: duplicates in the corpus
    assert np.isfinite(doubled.coordinates).all()


def test_placing_five_thousand_takes_seconds():
    latents = clusters(2000, 64)[0]
    quick = fit_map(latents, "pca")
    tsne = fit_map(latents[:300])
    start = time.process_time()
    quick.place(clusters(5000, 64, seed=3)[0])
    tsne.place(clusters(5000, 64, seed=3)[0])
    assert time.process_time() - start < 5.0
