"""The verdict on a crystal as columns of manifests.

| column | content |
|---|---|
| `credible` | 1 if all that can be told without energies speaks for it (`disgen.judge.verdict`) |
| `why_not` | names of the criteria that it fails, with semicolons between |
| `new` | 1 if it is in no split of the corpus; `novel` says so of what the model was trained on |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from disgen.judge.verdict import Verdict

VERDICT_COLUMNS = ("credible", "why_not", "new")


def verdict_values(found: Verdict | None) -> tuple[int | str, ...]:
    """Values of `VERDICT_COLUMNS`; 0, nothing and 0 where there is no crystal."""
    if found is None:
        return 0, "", 0
    return int(found.credible), "; ".join(found.failed).lower(), int(found.new)
