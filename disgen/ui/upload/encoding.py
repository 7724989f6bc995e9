"""Where a crystal of the user's lands: its place on the map, its neighbours, and samples around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from disgen.drawing.scene import identity
from disgen.latent.projection import ProjectionError
from disgen.ui.base.mistakes import fragment
from disgen.ui.charts.map_chart import show_map
from disgen.ui.data import loading
from disgen.ui.latent import nearby, tool_table
from disgen.ui.latent.map_parameters import MOST_AROUND, MOST_SEED, RADIUS, WIDEST
from disgen.ui.latent.nearest import nearest_table
from disgen.ui.latent.neighbourhood import around_table
from disgen.ui.latent.recipes import around_file_recipe
from disgen.ui.upload.encoding_map import landing_map

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.generation.decoded import DecodedLatent, DecodedLatents
    from disgen.ui.data.loading import RunKey
    from disgen.ui.latent.nearby import Neighbour

NEIGHBOURS = 8
_AROUND, _PICKED = "_landing_around", "_landing_picked"
_VIEW: Final = "tsne"
_MAP_PAGE = "pages/latent_map.py"


@dataclass(frozen=True, eq=False)
class Landing:
    """What becomes of a crystal in a run.

    Attributes:
        z: (d,) mean of its code.
        decoded: what that decodes to.
        place: (2,) on the t-SNE map; None if the run has no map.
        in_latent_space: nearest entries by the likeness of what the latents decode to.
        by_composition: nearest entries by composition.
    """

    z: np.ndarray = field(repr=False)
    decoded: DecodedLatent
    place: np.ndarray | None
    in_latent_space: tuple[Neighbour, ...]
    by_composition: tuple[Neighbour, ...]


@dataclass(frozen=True)
class AroundRequest:
    """Samples that are wanted around one crystal."""

    crystal: str
    radius: float
    n: int
    seed: int


@st.cache_resource(max_entries=64, show_spinner="Encoding, decoding and placing on the map …")
def land(
    key: RunKey,
    content: str,  # noqa: ARG001 (the cache's key)
    _crystal: WyckoffCrystal,
) -> Landing:
    """What becomes of a crystal that the representation can hold.

    Args:
        key: of the run.
        content: the crystal as a CIF, which names it in the cache.
        _crystal: the same.
    """
    from disgen.generation.decoded import DecodedLatents  # noqa: PLC0415 (torch: not before the first paint)
    from disgen.representation import encode  # noqa: PLC0415

    run = loading.load_run(key)
    mean, _ = run.encode(*encode([_crystal]))
    try:
        place = loading.load_map(key, _VIEW).place(mean)[0]
    except ProjectionError:
        place = None
    return Landing(
        mean[0],
        DecodedLatents.of(run, mean, loading.known_keys(key))[0],
        place,
        nearby.near_latent(key, mean[0], NEIGHBOURS),
        nearby.near_composition(key, _crystal, NEIGHBOURS),
    )


@st.cache_resource(max_entries=48, show_spinner="Sampling, decoding and placing on the map …")
def around(key: RunKey, asked: AroundRequest, _z: np.ndarray) -> tuple[DecodedLatents, np.ndarray]:
    """Samples around a crystal's latent, and their places on the map; (0, 2) if the run has no map.

    Args:
        key: of the run.
        asked: which samples of which crystal.
        _z: (d,) its latent.
    """
    from disgen.generation.neighbourhood import sample_around  # noqa: PLC0415

    found = sample_around(
        loading.load_run(key), _z, asked.n, asked.seed, radius=asked.radius, known=loading.known_keys(key)
    )
    try:
        places = loading.load_map(key, _VIEW).place(found.z)
    except ProjectionError:
        places = np.zeros((0, 2), dtype=np.float32)
    return found, places


@fragment
def show_landing(key: RunKey, crystal: WyckoffCrystal, landed: Landing) -> None:
    """Map and neighbours side by side, then the samples around the crystal.

    Args:
        key: of the run.
        crystal: what was encoded.
        landed: what has become of it.
    """
    st.header("Where it lands")
    asked = wished(st.session_state, identity(crystal))
    found = around(key, asked, _z=landed.z) if asked else None
    with st.container(key="wide_landing"):
        left, right = st.columns(2, gap="small")
    with left:
        _show_map(key, crystal, landed, found[1] if found else np.zeros((0, 2)))
    with right:
        _show_neighbours(landed, name=identity(crystal))
    st.header("Samples around it")
    _show_controls(identity(crystal))
    if asked is None or found is None:
        st.caption("Push “Sample”: latents near this one are drawn, decoded, listed here and marked on the map.")
        return
    _show_samples(key, crystal, asked, found[0])


def wished(state: Mapping[Any, Any], crystal: str) -> AroundRequest | None:
    """The samples that were asked for around this crystal."""
    asked: AroundRequest | None = state.get(_AROUND)
    return asked if asked is not None and asked.crystal == crystal else None


def ask(state: MutableMapping[Any, Any], crystal: str) -> None:
    """Samples around a crystal are wanted, with the settings as they are."""
    radius, n, seed = (state.get(f"landing_{name}") for name in ("radius", "n", "seed"))
    state[_AROUND] = AroundRequest(crystal, round(float(radius or 0.0), 3), int(n or 1), int(seed or 0))


def pick(state: MutableMapping[Any, Any], asked: AroundRequest, number: int | None) -> None:
    """Choose one of these samples; None for none."""
    state[_PICKED] = (asked, number)


def picked_sample(state: Mapping[Any, Any], asked: AroundRequest) -> int | None:
    """Number of the chosen one of these samples; None if none is."""
    of, number = state.get(_PICKED, (None, None))
    return number if of == asked else None


def neighbour_of(selected: Sequence[int], found: Sequence[Neighbour]) -> Neighbour | None:
    """The neighbour whose row is marked."""
    return found[selected[0]] if selected and selected[0] < len(found) else None


def summary(decoded: Sequence[DecodedLatent], good: int, crystal: WyckoffCrystal, asked: AroundRequest) -> str:
    """What became of the samples."""
    crystals = [point.crystal for point in decoded if point.crystal]
    same = sum(found.key == crystal.key for found in crystals)
    return (
        f"{len(decoded)} samples with normal noise of {asked.radius:g} latent units, seed {asked.seed}: "
        f"{len(crystals)} decode to a crystal, {same} of them to this one again; {good} are credible and new, "
        "each counted once. Choose one by its row."
    )


def _show_map(key: RunKey, crystal: WyckoffCrystal, landed: Landing, samples: np.ndarray) -> None:
    if landed.place is None:
        st.info("This run has no map: `python -m disgen map` makes it.", icon=":material/info:")
        return
    test = loading.split_points(key, view=_VIEW)
    alt = f"Latent map with {crystal.formula} marked among {len(test)} crystals of the test split"
    figure = landing_map(test, crystal, landed.place, samples)
    show_map(figure.packed(key.name, alt, choosing=False), key="landing_map")
    st.caption(f"t-SNE of {len(test):,} crystals of the test split, into which {crystal.formula} is placed.")


def _show_neighbours(landed: Landing, *, name: str) -> None:
    latent, composition = st.tabs(["Nearest in latent space", "By composition"])
    with latent:
        _show_nearest(landed.in_latent_space, "Distance", f"landing_latent_{name}")
    with composition:
        _show_nearest(landed.by_composition, "Steps", f"landing_composition_{name}")
        st.caption("Steps: how far an atom moves on average along the modified Pettifor scale of the elements.")


def _show_nearest(found: Sequence[Neighbour], unit: str, key: str) -> None:
    event = st.dataframe(
        nearest_table(found, unit),
        key=key,
        height="content",
        hide_index=True,
        selection_mode="single-row",
        on_select="rerun",
        alt="Nearest entries",
    )
    neighbour = neighbour_of(event.selection.rows, found)
    pressed = st.button(
        "Show on the latent map",
        key=f"{key}_go",
        icon=":material/map:",
        disabled=neighbour is None,
        help="Choose a row first.",
    )
    if pressed and neighbour is not None:
        st.session_state["of"], st.session_state["point"] = neighbour.point.of, neighbour.point.index
        st.switch_page(_MAP_PAGE)


def _show_controls(crystal: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.slider(
            "Radius",
            0.0,
            WIDEST,
            RADIUS,
            step=0.05,
            key="landing_radius",
            persist_state="session",
            width=220,
            help="Standard deviation of the normal noise that is added to each number of the latent.",
        )
        st.number_input("Samples", 1, MOST_AROUND, 40, step=10, key="landing_n", persist_state="session", width=130)
        st.number_input("Seed", 0, MOST_SEED, 0, key="landing_seed", persist_state="session", width=120)
        st.button("Sample", type="primary", icon=":material/blur_on:", on_click=ask, args=(st.session_state, crystal))


def _show_samples(key: RunKey, crystal: WyckoffCrystal, asked: AroundRequest, found: DecodedLatents) -> None:
    verdicts = tool_table.verdicts_of(found, key)
    st.caption(summary(found, sum(tool_table.are_good(found, verdicts)), crystal, asked))
    chosen = picked_sample(st.session_state, asked)
    rows = tool_table.show_table(
        around_table(found, verdicts, crystal),
        found,
        verdicts,
        key="landing_samples",
        alt="Samples around this crystal",
        chosen=chosen,
        pick=partial(pick, st.session_state, asked),
    )
    stem = f"around-upload-r{asked.radius:g}-seed{asked.seed}"
    sources = tool_table.sources_of(key, found, stem, seed=asked.seed)
    recipe = around_file_recipe(key.name, crystal, asked.n, asked.seed, asked.radius)
    tool_table.show_takeaway(found, sources, verdicts, rows, recipe, name=stem, key="landing_around")
    tool_table.show_picked(found, sources, chosen, key="landing_picked")
