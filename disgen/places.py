"""Where the files lie that come with the program beside its modules."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "_bundled"  # only in an installed package, where pyproject.toml puts it


def program_folder() -> Path:
    """Folder of ``app.py``, ``pages/``, ``assets/`` …: the root of a clone, or inside an installed package."""
    return _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent
