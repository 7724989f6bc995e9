"""A file's bytes to a CIF document: encodings, spelling, and what programs write that the grammar does not allow.

A file that gemmi reads is taken as it is. One that it refuses is cut into tokens and written anew by the grammar
(`_rewritten`), and then goes the same way as all others, so that one set of rules holds for every file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gemmi

from disgen.cif.doubts import Doubt, DoubtKind
from disgen.cif.errors import CifError, CifReason

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 5_000_000
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u2028\u2029\u0085"
_NOTHING = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
_PLAIN = {
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, _NOTHING)),
    **{ord(sign): text for sign, text in (("\u2044", "/"), ("½", "1/2"), ("⅓", "1/3"), ("⅔", "2/3"), ("¼", "1/4"))},
    ord("¾"): "3/4",
    **dict.fromkeys(map(ord, "□☐◻"), "Vac"),
}
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DOTTED = re.compile(
    r"(?<![^\s])_(?:cell|atom_site(?:_moment)?|space_group|space_group_symop|space_group_magn)\.\w", re.IGNORECASE
)
_MODULATED = re.compile(r"_magn|_moment|_ssg_|_modulation|_wave_vector|_subsystem", re.IGNORECASE)
_TOKEN = re.compile(
    r"""(?P<text>(?:(?<=\n)|\A);.*?\n;(?=\s|\Z))
      | (?P<open>(?:(?<=\n)|\A);.*\Z)
      | (?P<long>'''.*?'''|\"\"\".*?\"\"\")
      | (?P<quoted>'(?:[^'\n]|'(?=\S))*'(?=\s|\Z)|"(?:[^"\n]|"(?=\S))*"(?=\s|\Z))
      | (?P<comment>\#[^\n]*)
      | (?P<table>[\[{])
      | (?P<word>\S+)""",
    re.DOTALL | re.VERBOSE,
)
_KEYWORD = re.compile(r"(save_|global_$|stop_$)", re.IGNORECASE)
_FIRST_BLOCK = re.compile(r"^[ \t]*data_", re.IGNORECASE | re.MULTILINE)
_FIRST_CONTENT = re.compile(r"^[ \t]*(_\w|loop_)", re.IGNORECASE | re.MULTILINE)
_LARGEST_REWRITTEN = 2_000_000  # characters


@dataclass(frozen=True, eq=False)
class Document:
    """A CIF by the grammar.

    Attributes:
        blocks: its data blocks.
        doubts: what had to be mended.
        may_be_modulated: a word in it speaks of moments or of a modulation.
    """

    blocks: gemmi.cif.Document
    doubts: tuple[Doubt, ...] = ()
    may_be_modulated: bool = False


def read_document(content: str | bytes) -> Document:
    """The document that a file holds, and what had to be mended for it.

    Args:
        content: of the file.

    Raises:
        CifError: if the file is too large, not text, or no CIF.
    """
    text = decoded(content)
    is_marked = _MODULATED.search(text) is not None
    try:
        document = _parsed(text)
    except (ValueError, RuntimeError) as error:
        mended = _rewritten(text)
        if mended is None:
            raise _syntax_error(error) from error
        try:
            document = _parsed(mended[0])
        except (ValueError, RuntimeError):
            raise _syntax_error(error) from error
        if not any(block.find_values("_atom_site_fract_x") for block in document):
            raise _syntax_error(error) from error
        return Document(document, mended[1], is_marked)
    if _DOTTED.search(text) and (mended := _rewritten(text)) is not None:  # the names of CIF 2 dictionaries
        return Document(_parsed(mended[0]), mended[1], is_marked)
    return Document(document, (), is_marked)


def decoded(content: str | bytes) -> str:
    """The characters of a file: UTF-8, UTF-16, or else Windows' Latin; dashes, spaces and fractions made plain.

    Raises:
        CifError: if the file is too large, or holds NUL bytes.
    """
    if len(content) > MAX_BYTES:
        raise CifError(CifReason.TOO_LARGE, f"The file is larger than {MAX_BYTES // 1_000_000} MB: give one structure.")
    text = content if isinstance(content, str) else _characters(content)
    if "\0" in text:
        raise CifError(CifReason.UNREADABLE, "The file is not plain text (it contains NUL bytes): save it as a CIF.")
    if not text.isascii():
        text = text.translate(_PLAIN)
    return _CONTROL.sub(" ", text)


def _characters(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:200]:  # UTF-16 without its mark: every other byte of Latin text is zero
        for name, zeros in (("utf-16-le", content[1:200:2]), ("utf-16-be", content[0:200:2])):
            if zeros.count(0) > 0.9 * len(zeros):  # nearly all
                return content.decode(name, errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _parsed(text: str) -> gemmi.cif.Document:
    try:
        return gemmi.cif.read_string(text)
    except (ValueError, RuntimeError) as error:
        if "duplicate" not in str(error):
            raise
        return gemmi.cif.read_string(text, check_level=0)  # the first of two counts, see `parse.first_value`


def _syntax_error(error: Exception) -> CifError:
    where = re.sub(r"^string: ?", "", re.sub(r"^string:(?=\d)", "line ", str(error).splitlines()[0]))
    return CifError(CifReason.UNREADABLE, f"The file is not a valid CIF ({where}): correct it there.")


def _rewritten(text: str) -> tuple[str, tuple[Doubt, ...]] | None:
    """The file by the grammar, and the doubts that come with it; None if its meaning is not clear.

    Text before the first block is dropped (the licence line of ICSD exports), dotted names are written with an
    underscore, lists and tables of CIF 2 become unknown values, and several words after a name become one value.
    """
    if len(text) > _LARGEST_REWRITTEN:
        return None
    told: list[str] = []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    block, content = _FIRST_BLOCK.search(text), _FIRST_CONTENT.search(text)
    if content is None:
        return None
    if block is None or content.start() < block.start():
        text = "data_unnamed\n" + text[content.start() :]
        told.append("it has no data_ line at its start")
    else:
        text = text[block.start() :]
    lines = _by_the_grammar(_tokens(text, told), told)
    if lines is None:
        return None
    doubts = tuple(
        Doubt(DoubtKind.SYNTAX, f"The file is not a valid CIF ({reason}); compare the result with what you expect.")
        for reason in dict.fromkeys(told)
    )
    return "\n".join(lines) + "\n", doubts


def _by_the_grammar(tokens: Iterator[tuple[str, str]], told: list[str]) -> list[str] | None:
    """Lines of whole items: a block's head, a name with its value, a loop with full rows; None if one is not whole."""
    lines: list[str] = []
    tags: list[str] = []
    values: list[str] = []
    looped = False
    for kind, token in [*tokens, ("end", "")]:
        if kind == "value":
            values.append(token)
            continue
        if not (looped and not values and kind == "tag"):  # what came before is complete
            written = _item(tags, values, looped=looped, told=told)
            if written is None:
                return None
            lines += written
            tags, values, looped = [], [], False
        if kind == "tag":
            tags.append(token)
        elif kind == "block":
            lines.append(token)
        looped = looped or kind == "loop"
    return lines


def _tokens(text: str, told: list[str]) -> Iterator[tuple[str, str]]:
    """(kind, token) of a file; kinds are block, loop, tag and value."""
    position = 0
    while (match := _TOKEN.search(text, position)) is not None:
        position = match.end()
        token, kind = match[0], match.lastgroup
        if kind == "open":
            told.append("a text field at its end is not closed")
        elif kind == "table":
            position = _end_of_table(text, match.start())
        if kind in {"open", "long", "table"}:
            yield "value", "?"
        elif kind in {"text", "quoted"}:
            yield "value", "\n" + token if kind == "text" else token
        elif kind == "word":
            yield from _word(token)


def _word(token: str) -> Iterator[tuple[str, str]]:
    """A word as (kind, token); keywords that mean nothing here are left out."""
    lower = token.lower()
    if lower.startswith("data_"):
        yield "block", _ascii(token)
    elif lower == "loop_":
        yield "loop", token
    elif token.startswith("_"):
        yield "tag", _ascii(token.replace(".", "_"))
    elif not _KEYWORD.match(token):
        yield "value", token


def _end_of_table(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; behind the word if none does."""
    depth = 0
    for match in re.finditer(r"[\[{]|[\]}]|'[^'\n]*'|\"[^\"\n]*\"", text[start : start + 100_000]):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return start + match.end()
    word = re.compile(r"\S+").match(text, start)
    return word.end() if word else start + 1


def _ascii(name: str) -> str:
    return name.encode("ascii", errors="replace").decode().replace("?", "_")


def _item(tags: list[str], values: list[str], *, looped: bool, told: list[str]) -> list[str] | None:
    """The lines of a loop or of one name with its value; None if they do not fit together."""
    if looped:
        if not tags or len(values) % len(tags):
            return None
        return ["loop_", *tags, *values] if values else []
    if not tags:
        return None if values else []
    (tag,) = tags
    if len(values) > 1:
        if tag.lower().startswith("_atom_site_") or any("\n" in value for value in values):
            return None
        told.append(f"several words follow {tag}")
        words = " ".join(value.strip("'\"") for value in values)
        return [tag, f"\n;{words}\n;"]
    return [tag, *(values or ["?"])]
