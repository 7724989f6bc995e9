"""The comparison of samplers as tables: the paper's Table 3 beside ours, what is left of the samples, and a CSV."""

from __future__ import annotations

import csv
import html
import io
from typing import TYPE_CHECKING, Any

from disgen.generation.checks import CHECKS, MAIN, SOUND_SENTENCE
from disgen.ui.base.html_table import table_html
from disgen.ui.base.samplers import hint, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    Row = Mapping[str, Any]

TEST = "test"
# Ways from latents to crystals, by what they are called in URLs: label, decoding, whether clashes are removed.
VARIANTS: dict[str, tuple[str, str, bool]] = {
    "exact": ("Exact", "exact", False),
    "repaired": ("Exact, repaired", "exact", True),
    "free": ("Free, as in the paper", "free", False),
}
# Table 3 of the paper in %: generation, symmetry matching, validity, charge neutrality.
PAPER: dict[str, tuple[str, str, str, str]] = {
    "kde": ("99.94", "98.79", "96.44", "55.28"),
    "gmm": ("98.17", "20.44", "94.03", "50.67"),
    "gaussian": ("97.32", "8.42", "95.03", "55.61"),
    TEST: ("99.99", "98.39", "97.53", "55.06"),
}
_PAPER_COLUMNS = {
    "generation": ("Generated", "At least one site, and a cell that is not degenerate; of all samples."),
    "sma": ("Symmetry matches", "Every letter and multiplicity is what the space group demands; of all samples."),
    "validity": ("Atoms apart", "No two positions within 0.5 Å, whatever their occupancies; of all crystals."),
    "neutrality": ("Charge neutral", "With one oxidation state for each element; of all crystals."),
}
_RATES = {
    "yield": ("Yield", "A crystal with its atoms apart, neutral, new, and each counted once."),
    "legal": ("Crystal", "A crystal comes out: sites with legal letters, and a cell."),
    "sound": ("Sound", f"{SOUND_SENTENCE} What the yield would be if all were new."),
    **{check.rate: (check.label, check.sentence) for check in MAIN},
}
_CREDIBLE = (
    "Credible",
    "Legal, plausible distances, neutral, unique, new, plausible mixtures; without the energies of the table above.",
)
_MORE_RATES = {
    "generation": _PAPER_COLUMNS["generation"],
    "sma": _PAPER_COLUMNS["sma"],
    "fixed_site_reuse": ("Fixed site reused", "Two sites on one position without freedom, which is impossible."),
    **{check.rate: (check.label, check.sentence) for check in CHECKS if check.aside},
}
_DISTANCES = (
    ("wasserstein", "density", "W density / g cm⁻³"),
    ("wasserstein", "n_sites", "W sites"),
    ("wasserstein", "n_species", "W elements"),
    ("wasserstein", "disordered_share", "W disordered share"),
    ("jensen_shannon", "space_groups", "JS space groups"),
    ("jensen_shannon", "elements", "JS elements"),
)
_MANY = 5000  # samples, from which a hundredth of a per cent means something
_STYLE = """<style>
:is([data-table=yield], [data-table=more], [data-table=table3]) {
  table { font-size: 0.82rem; }
  :is(th, td) { padding: 0.35rem 0.4rem; }
  td { white-space: nowrap; }
  small { display: block; opacity: 0.65; font-size: 0.72rem; }
  :is(th, td):first-child { position: sticky; left: 0; background: light-dark(#ffffff, #12191b); }
}
[data-table=table3] :is(th, td):nth-child(2n + 3) { background: color-mix(in srgb, currentColor 7%, transparent); }
</style>"""


def variants_of(result: Row) -> list[str]:
    """Keys of `VARIANTS` of which a comparison has rows."""
    present = {_way(row) for row in result["rows"]}
    return [name for name, (_, *way) in VARIANTS.items() if tuple(way) in present]


def rows_of(result: Row, variant: str) -> list[Row]:
    """The rows of one of `VARIANTS`, the test split's first."""
    _, *way = VARIANTS[variant]
    return [row for row in result["rows"] if _way(row) == tuple(way)]


def note(result: Row) -> str:
    """What was compared: samples, seed, and what the rates are shares of."""
    test = next((row["n"] for row in result["rows"] if row["estimator"] == TEST), None)
    decoded = f" The test split's {test:,} codes are decoded in the same way." if test else ""
    return (
        f"Model “{result['run']}”: {result['n']:,} samples of each sampler, seed {result['seed']}.{decoded} "
        "The small figures are 95 % intervals; rest the pointer on a figure for its count."
    )


def paper_table_html(result: Row) -> str:
    """Table 3 with the paper's column beside each of ours; empty if nothing was decoded freely, as the paper does."""
    rows = [row for row in rows_of(result, "free") if "paper" in row]
    if not rows:
        return ""
    head = ["Sampler"]
    for name, about in _PAPER_COLUMNS.values():
        head += [_explained(name, about), "Paper"]
    lines = []
    for row in rows:
        printed = PAPER.get(row["estimator"], ("",) * len(_PAPER_COLUMNS))
        cells = [_sampler(row)]
        for column, figure in zip(_PAPER_COLUMNS, printed, strict=True):
            cells += [_rate(row["paper"], column), f"{figure} %" if figure else "–"]
        lines.append(cells)
    return _STYLE + table_html(head, lines, name="table3")


def rates_table_html(result: Row, variant: str) -> str:
    """What is left of all samples: the credible ones first, where a comparison has them, then the yield."""
    rows = _with_ceiling(result, variant)
    judged = any("verdict" in row for row in rows)
    columns = [_CREDIBLE, *_RATES.values()] if judged else _RATES.values()
    head = ["Sampler", *(_explained(*column) for column in columns)]
    lines = [
        [
            _sampler(row),
            *([_rate(row.get("verdict", {}), "credible", strong=True)] if judged else []),
            *(_rate(row, column, strong=column == "yield" and not judged) for column in _RATES),
        ]
        for row in rows
    ]
    return _STYLE + table_html(head, lines, name="yield")


def more_table_html(result: Row, variant: str) -> str:
    """The other figures: symmetry, stricter and looser checks, distances to the test split, likelihood, time."""
    head = [
        "Sampler",
        *(_explained(*column) for column in _MORE_RATES.values()),
        *(name for _, _, name in _DISTANCES),
        _explained("log p / nats", "Mean log-density of the test split's codes."),
        _explained("Time / s", "Of one core: drawing, decoding, judging."),
    ]
    lines = [
        [
            _sampler(row),
            *(_rate(row, column) for column in _MORE_RATES),
            *(_number(_inside(row, kind, name), 3) for kind, name, _ in _DISTANCES),
            _number(row.get("log_likelihood"), 1),
            _number(row.get("seconds"), 1),
        ]
        for row in _with_ceiling(result, variant)
    ]
    return _STYLE + table_html(head, lines, name="more")


def comparison_csv(result: Row) -> str:
    """All rows with counts, denominators, intervals, and the paper's figures; shares as numbers from 0 to 1."""
    ceiling = {"estimator": "ceiling", "decoding": result["ceiling"].get("crystals", ""), **result["ceiling"]}
    records = [_record(result, row) for row in (ceiling, *result["rows"])]
    columns = dict.fromkeys(name for record in records for name in record)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _record(result: Row, row: Row) -> dict[str, Any]:
    record: dict[str, Any] = {
        "run": result["run"],
        "seed": result["seed"],
        "estimator": row["estimator"],
        "decoding": row["decoding"],
        "polished": "yes" if row.get("polished") else "no",
        "n": row["n"],
    }
    for name in (*_RATES, *_MORE_RATES):
        low, high = _inside(row, "intervals", name) or ("", "")
        record |= {
            name: row.get(name),
            f"{name}_count": _inside(row, "counts", name),
            f"{name}_low": low,
            f"{name}_high": high,
        }
    printed = PAPER.get(row["estimator"], ("",) * len(_PAPER_COLUMNS))
    for name, figure in zip(_PAPER_COLUMNS, printed, strict=True):
        record |= {
            f"table3_{name}": _inside(row, "paper", name),
            f"table3_{name}_denominator": _inside(row, "paper", "denominators", name),
            f"table3_{name}_paper": f"{float(figure) / 100.0:.4f}" if figure and row["decoding"] == "free" else "",
        }
    record |= {f"{kind}_{name}": _inside(row, kind, name) for kind, name, _ in _DISTANCES}
    return record | {"log_likelihood": row.get("log_likelihood"), "seconds": row.get("seconds")}


def _way(row: Row) -> tuple[str, bool]:
    return row["decoding"], bool(row.get("polished"))


def _with_ceiling(result: Row, variant: str) -> list[Row]:
    """The rows of a variant under the test split's own crystals, if these were at hand."""
    ceiling = result["ceiling"]
    own = [{"estimator": "own", **ceiling}] if ceiling.get("crystals") == "own" else []
    return [*own, *rows_of(result, variant)]


def _sampler(row: Row) -> str:
    name = row["estimator"]
    if name == "own":
        return _explained("Test split, itself", "The crystals themselves: what no sampler can be expected to beat.")
    if name == TEST:
        return _explained("Test split, decoded", hint(name))
    return _explained(label(name), hint(name))


def _explained(text: str, about: str) -> str:
    title = f' title="{html.escape(about)}"' if about else ""
    return f"<span{title}>{html.escape(text)}</span>"


def _rate(group: Row, name: str, *, strong: bool = False) -> str:
    """A share with its interval below it, and its count where the pointer rests."""
    share, interval = group.get(name), _inside(group, "intervals", name)
    if not isinstance(share, (int, float)):
        return "–"
    count, size = _inside(group, "counts", name), _inside(group, "denominators", name)
    decimals = 2 if isinstance(size, int) and size >= _MANY else 1
    title = f' title="{count:,} of {size:,}"' if isinstance(count, int) and isinstance(size, int) else ""
    text = f"{100.0 * share:.{decimals}f} %"
    below = f"<small>{100.0 * interval[0]:.{decimals}f}–{100.0 * interval[1]:.{decimals}f}</small>" if interval else ""
    return f"<span{title}>{f'<b>{text}</b>' if strong else text}</span>{below}"


def _number(value: object, decimals: int) -> str:
    return f"{value:,.{decimals}f}" if isinstance(value, (int, float)) else "–"


def _inside(row: Row, *names: str) -> Any:  # noqa: ANN401 (what the JSON holds)
    found: Any = row
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
