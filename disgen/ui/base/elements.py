"""Text for places that take Markdown."""

from __future__ import annotations

_MARKDOWN = frozenset("\\`*_{}[]()<>#+-!|~:$&")


def plain_markdown(text: str) -> str:
    """Text from elsewhere for places that take Markdown: shown as it is, whatever signs it holds."""
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in text)
