"""Pictures of every page, light and dark, in a wide and a narrow window: ``python tests/screenshots.py --out shots``.

``--whole`` shows each page in its whole length instead of what a window of that size holds. ``--documentation`` takes
those that the README and ``docs/`` show, into ``docs/pictures``. A Chromium with software WebGL is needed, as for the
browser tests.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from browsing import ROOT, click_point, open_map, running_server, settled, shown, start_browser

SIZES = {"wide": (1440, 900), "narrow": (1024, 768)}
SCHEMES = ("light", "dark")
DOCUMENTATION = ROOT / "docs" / "pictures"
DATA = ROOT / "tests" / "data"
DRAWN = 3000  # ms, for charts and views to be painted in software
LONG = 120_000  # ms, for what is sampled or searched
ABOVE = 16  # px kept above what a picture looks at
BESIDE = ".st-key-map_crystal"  # the chosen point's crystal on the map
SCROLL = "(element) => { element.style.scrollMarginTop = '75px'; element.scrollIntoView({block: 'start'}); }"
LENGTH = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    return Math.ceil(main.scrollHeight);
}"""


@dataclass(frozen=True)
class Shot:
    """A page as a person would have it before them.

    Attributes:
        name: of the file.
        go: opens the page and does there what the picture shows, given the page and the server's address.
        look: CSS of what is to stand at the top of the window; the top of the page if None.
        documented: it is among the documentation's pictures.
    """

    name: str
    go: Callable
    look: str | None = None
    documented: bool = False


def overview(page, server):
    page.goto(server.url)
    shown(page)
    page.get_by_role("button", name="Generate").first.click()
    page.wait_for_function("document.querySelectorAll('iframe[data-testid=stIFrame]').length > 1", timeout=LONG)


def latent_map(page, server):
    open_map(page, server)
    page.locator(BESIDE).wait_for()
    click_point(page, 0, 3000)
    shown(page)


def sampled_map(page, server):
    open_map(page, server, "set=prior&n=2000&colour=outcome&of=prior&point=12")
    page.get_by_text("Point 12 of 2,000").wait_for(timeout=LONG)
    shown(page)


def searched_map(page, server):
    open_map(page, server, "find_elements=Li&point=57&density=yes")
    page.get_by_text("What these share").wait_for()
    shown(page)


def path_on_map(page, server):
    open_map(page, server, "point=57&tool=path&to_of=test&to=2001&pick=4")
    page.locator(".st-key-map_path_table, [data-testid=stDataFrame]").first.wait_for(timeout=LONG)
    shown(page)


def around_on_map(page, server):
    open_map(page, server, "point=57&tool=around&sampled=yes")
    page.locator("[data-testid=stDataFrame]").first.wait_for(timeout=LONG)
    shown(page)


def estimators(page, server):
    page.goto(f"{server.url}/estimators")
    page.locator("h3", has_text="Learned prior").wait_for(timeout=LONG)


def conditioning(page, server):
    query = "elements=Li%20P%20O&groups=62&disordered=1,1&search_n=64&search_steps=100"
    page.goto(f"{server.url}/conditioning?{query}")
    page.locator(".st-key-search_start button").click()
    page.get_by_text("Without a search:").wait_for(timeout=LONG)
    shown(page)


def empty_viewer(page, server):
    page.goto(f"{server.url}/viewer")
    page.locator("input[type=file]").first.wait_for(state="attached")


def viewer(page, server):
    empty_viewer(page, server)
    page.locator("input[type=file]").first.set_input_files(str(DATA / "lsco.cif"))
    shown(page)


def dialog_of_viewer(page, server, button, content):
    viewer(page, server)
    page.get_by_role("button", name=button).first.click()
    page.locator(f"[role=dialog] {content}").first.wait_for(timeout=LONG)


def powder_pattern(page, server):
    dialog_of_viewer(page, server, "Powder pattern", ".js-plotly-plot")


def family(page, server):
    dialog_of_viewer(page, server, "Family", "table")


def several_in_viewer(page, server):
    empty_viewer(page, server)
    files = ("lsco.cif", "olivine_amcsd.cif", "spinel.cif", "bad_overfull.cif")
    page.locator("input[type=file]").first.set_input_files([str(DATA / name) for name in files])
    shown(page)


def ensembles(page, server):
    page.goto(f"{server.url}/ensembles?cells=200")
    page.get_by_role("button", name="Compute energies").click(timeout=LONG)
    page.get_by_role("heading", name="Files").wait_for(timeout=10 * LONG)
    page.get_by_text("of 400 decorations").wait_for(state="detached", timeout=10 * LONG)
    page.locator(".disgen-charts svg").first.wait_for()


def hull(page, server):
    page.goto(f"{server.url}/ensembles?cells=20")
    page.get_by_role("button", name="Compute energies").click(timeout=LONG)
    page.get_by_role("heading", name="Files").wait_for(timeout=10 * LONG)
    page.get_by_text("of 40 decorations").wait_for(state="detached", timeout=10 * LONG)
    page.locator(".st-key-hull_figure .js-plotly-plot").wait_for(timeout=LONG)
    settled(page)


def compare(page, server):
    page.goto(f"{server.url}/compare?of_b=kde")
    page.locator(".disgen-charts svg").first.wait_for()


def reconstruction(page, server):
    page.goto(f"{server.url}/reconstruction")
    page.locator("table").first.wait_for()


def corpus(page, server):
    page.goto(f"{server.url}/corpus")
    shown(page)


def empty_tray(page, server):
    page.goto(f"{server.url}/tray")
    page.locator("h1").wait_for()


def tray(page, server):
    latent_map(page, server)
    for _ in range(3):
        page.get_by_role("button", name="Add to tray").first.click()
        settled(page)
        page.get_by_role("button", name="Random").first.click()
        settled(page)
    page.get_by_test_id("stTopNavLink").get_by_text("Tray (3)").click()
    page.locator("h1", has_text="Tray").wait_for()
    shown(page)


SHOTS = (
    Shot("overview", overview, documented=True),
    Shot("latent_map", latent_map, documented=True),
    Shot("sampled_map", sampled_map),
    Shot("searched_map", searched_map),
    Shot("path_on_map", path_on_map),
    Shot("around_on_map", around_on_map),
    Shot("estimators", estimators, documented=True),
    Shot("estimators_samples", estimators, "h2:has-text('Where the samples lie')"),
    Shot("compare", compare, documented=True),
    Shot("conditioning", conditioning, ".st-key-condition_trace", documented=True),
    Shot("empty_viewer", empty_viewer),
    Shot("viewer", viewer, documented=True),
    Shot("powder_pattern", powder_pattern),
    Shot("family", family),
    Shot("several_in_viewer", several_in_viewer),
    Shot("ensembles", ensembles, "h2:has-text('Distributions')", documented=True),
    Shot("hull", hull, "h2:has-text('Stability')", documented=True),
    Shot("empty_ensembles", lambda page, server: page.goto(f"{server.url}/ensembles")),
    Shot("reconstruction", reconstruction),
    Shot("corpus", corpus),
    Shot("empty_tray", empty_tray),
    Shot("tray", tray),
)


def take(browser, server, shot, size, scheme, path, *, whole):
    """Take one picture."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(LONG)
    shot.go(page, server)
    settled(page)
    page.mouse.move(width - 2, 2)  # no tip of what the pointer happens to be on
    if whole:
        for _ in range(2):  # what comes into sight may be longer than what stood for it
            page.set_viewport_size({"width": width, "height": max(height, page.evaluate(LENGTH) + ABOVE)})
            page.wait_for_timeout(DRAWN)
            settled(page)
    elif shot.look is None:
        page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
    else:
        page.locator(shot.look).first.evaluate(SCROLL)
    page.wait_for_timeout(DRAWN)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(path))
    context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("shots"), help="folder for the pictures (default: shots)")
    parser.add_argument("--only", nargs="*", choices=[shot.name for shot in SHOTS], help="some of them only")
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=list(SIZES), help="of the window (default: all)")
    parser.add_argument("--schemes", nargs="*", choices=SCHEMES, default=list(SCHEMES), help="(default: both)")
    parser.add_argument("--whole", action="store_true", help="each page in its whole length")
    parser.add_argument("--documentation", action="store_true", help="the documentation's own, in a wide light window")
    arguments = parser.parse_args()
    chosen = [shot for shot in SHOTS if not arguments.only or shot.name in arguments.only]
    out, sizes, schemes = arguments.out, arguments.sizes, arguments.schemes
    if arguments.documentation:
        chosen = [shot for shot in chosen if shot.documented]
        out, sizes, schemes = DOCUMENTATION, ("wide",), ("light",)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = start_browser(driver)
        with running_server(Path(folder) / "log.txt") as server:
            for shot in chosen:
                for size in sizes:
                    for scheme in schemes:
                        name = f"{shot.name}.png" if arguments.documentation else f"{shot.name}-{scheme}-{size}.png"
                        take(browser, server, shot, size, scheme, out / name, whole=arguments.whole)
                        sys.stderr.write(f"{out / name}\n")
        browser.close()


if __name__ == "__main__":
    main()
