"""Every page before axe, which knows the rules of accessible pages: in a light and a dark window, narrow and wide."""

from pathlib import Path

import pytest
from browsing import missing, open_page, settled

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "node_modules" / "axe-core" / "axe.min.js"  # `npm ci` brings it
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# Of Streamlit's own: the field for files is presentation to it, and has a name.
FOREIGN = "presentation-role-conflict"
LOOK = """([rules, foreign]) => axe.run(document, {runOnly: rules, rules: {[foreign]: {enabled: false}}})
    .then(({violations}) => violations.map(({id, nodes}) => `${id}: ${nodes.length}, as ${nodes[0].html}`))"""


@pytest.fixture(scope="module")
def axe():
    if not SCRIPT.is_file():
        missing(f"There is no {SCRIPT.relative_to(ROOT)}: run `npm ci`.")
    return SCRIPT.read_text(encoding="utf-8")


def complaints(page, axe):
    for frame in page.frames:
        frame.evaluate(axe)
    return page.evaluate(LOOK, [RULES, FOREIGN])


def opened(browser, server, name, width):
    for page in open_page(browser, server, viewport={"width": width, "height": 900}, bypass_csp=True):
        page.goto(f"{server.url}/{'' if name == 'overview' else name}")
        page.get_by_role("heading", level=1).wait_for()
        settled(page)
        page.wait_for_timeout(1500)  # charts and views come after the page
        yield page


@pytest.mark.parametrize("name", PAGES)
def test_axe_has_nothing_to_say_by_day_and_by_night(browser, server, axe, name):
    for page in opened(browser, server, name, 1440):
        colour = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        day = page.evaluate(colour)
        assert complaints(page, axe) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"(day) => {colour} !== day", arg=day)
        page.wait_for_timeout(500)
        assert complaints(page, axe) == []


@pytest.mark.parametrize("name", ["overview", "latent_map", "conditioning", "tray"])  # of each kind of page
def test_axe_has_nothing_to_say_on_a_phone(browser, server, axe, name):
    for page in opened(browser, server, name, 390):
        assert complaints(page, axe) == []
