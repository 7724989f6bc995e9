"""Tables in a real browser: a filter leaves some rows, and a row is that of its crystal."""

import io
import re
import zipfile

import pytest
from browsing import formula, open_map, settled

pytestmark = pytest.mark.browser

FIRST_ROW = (17, 54)  # px, the mark of the first row in a table


def filter_of(page, table):
    return page.locator(f".st-key-{table}_filter")


def ask(page, table, label, *choices):
    """Open the filter of a table, choose, and close it."""
    filter_of(page, table).get_by_role("button", name="Filter").click()
    field = page.get_by_test_id("stPopoverBody").get_by_role("combobox", name=re.compile(rf"^{label}|{label}$"))
    for choice in choices:
        field.fill(choice)
        page.get_by_role("option", name=choice, exact=True).click()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    settled(page)


def click_first_row(page, table):
    frame = page.locator(f"[class*='st-key-{table}_'] canvas").first
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    page.mouse.click(box["x"] + FIRST_ROW[0], box["y"] + FIRST_ROW[1])
    settled(page)


def test_what_a_search_found_is_narrowed_opened_and_taken_away(page, server, run):
    open_map(page, server, "find_formula=*TiO3")
    index = run.split_index("test")
    hits = [row for row, name in enumerate(index["formula"]) if name.endswith("TiO3")]
    left = [row for row in hits if "Mg" not in index["formula"].iloc[row]]
    assert left[0] != hits[0]
    ask(page, "map_table", "Lacks", "Mg")
    counted = page.get_by_text(re.compile(r"^\d+ of \d+ points fit the filter\.$"))
    shown, all_of_them = map(int, re.findall(r"\d+", counted.inner_text()))
    assert 0 < shown < all_of_them
    click_first_row(page, "map_table")
    page.wait_for_url(re.compile(rf"point={left[0]}(&|$)"))
    assert formula(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=f"The {shown} shown (zip)").click()
    assert download.value.suggested_filename == f"disgen-open-selection-{shown}-filtered.zip"
    names = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())).namelist()
    assert 0 < sum(name.endswith(".cif") for name in names) <= shown
    filter_of(page, "map_table").get_by_role("button", name="Show all").click()
    settled(page)
    assert counted.count() == 0


def test_a_mark_on_the_map_marks_the_row_of_a_narrowed_table(page, server):
    open_map(page, server, "point=3&around=30&noise=1&radius=0.5&sampled=yes")
    ask(page, "around_table", "Checks that hold", "Credible")
    counted = page.get_by_text(re.compile(r"^\d+ of 30 rows fit the filter\.$")).inner_text()
    assert 0 < int(counted.split()[0]) < 30
    click_first_row(page, "around_table")
    page.wait_for_url(re.compile(r"pick=\d+"))
    picked = int(re.search(r"pick=(\d+)", page.url).group(1))
    page.get_by_role("button", name=re.compile("^The .* shown .zip")).wait_for()
    page.locator(f".disgen-marks [data-mark='{picked + 1}']").dispatch_event("click")
    page.wait_for_url(re.compile(rf"pick={picked + 1}(&|$)"))
    settled(page)
    click_first_row(page, "around_table")
    page.wait_for_url(re.compile(rf"pick={picked}(&|$)"))
