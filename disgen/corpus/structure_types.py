"""Names that crystallographers have for structures: the structure type of a crystal, from its key.

Space group and Wyckoff positions make crystals isopointal, not yet isotypic: where coordinates are free, and where one
set of positions is several types with different contents, a name is given only under conditions on what sits where. A
crystal that fits no row has no name. A line of `_TABLE` is

    space group, letters | name | conditions

| condition | meaning |
|---|---|
| `e:X` | on all sites with this letter most is one of X |
| `c?C` | so on at least one site with this letter; `*` is any letter |
| `a!C` | on no site with this letter |
| `a=c`, `a<>c` | the sites with these letters hold most of the same element, or of different ones |

What is asked for is one of `_CLASSES`, or symbols joined by "+".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from disgen.crystal import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CLASSES: Mapping[str, frozenset[str]] = {
    "Hal": frozenset(["F", "Cl", "Br", "I"]),
    "Chal": frozenset(["S", "Se", "Te"]),
    "Pn": frozenset(["P", "As", "Sb", "Bi"]),
    "X": frozenset(["O", "F", "Cl", "Br", "I", "S", "Se", "Te", "N", "H"]),
    "Alk": frozenset(["Li", "Na", "K", "Rb", "Cs"]),
    "TM": frozenset(["Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni"])
    | frozenset(["Nb", "Mo", "Ru", "Rh", "Pd", "W", "Re", "Os", "Ir", "Pt"]),
}
_TABLE = """\
225 a | Cu (fcc) |
229 a | W (bcc) |
194 c | Mg (hcp) |
227 a | diamond |
166 c | arsenic | c:As+Sb+Bi
225 ab | rock salt | a<>b
221 ab | CsCl | a<>b
216 ac | sphalerite | a<>c
186 bb | wurtzite | b?X+P+As+C
194 ac | NiAs | a<>c
194 ac | La | a=c
187 ad | WC | a<>d
191 ad | AlB₂ | a<>d
123 ad | CuAu | a<>d
198 aa | FeSi | a?Si+Ge+Al+Ga+Sn
62 cc | MnP | c?P+As c?TM
63 cc | CrB |
225 ac | fluorite | a<>c
225 abc | Heusler | c!X
216 abc | half-Heusler | a!X b!X c!X
221 ac | Cu₃Au | a<>c
194 ch | Ni₃Sn |
223 ac | A15 |
140 ah | CuAl₂ | a<>h
227 ad | Laves phase C15 | a<>d
194 afh | Laves phase C14 |
191 acg | CaCu₅ |
189 adfg | ZrNiAl | f<>g
189 adfg | Fe₂P | f=g
193 dgg | Mn₅Si₃ |
62 ccd | cementite | c?C+B d!X
227 cef | Ti₂Ni |
127 agh | U₃Si₂ |
220 cd | Pu₂C₃ | d:C
220 ac | Th₃P₄ |
221 af | CaB₆ | f:B
62 ccc | TiNiSi | c?TM c?Si+Ge+Sn+P+As+Sb c!X
139 ade | ThCr₂Si₂ | a<>d d<>e
139 abde | LuNi₂B₂C | e:B a:C
123 abci | HoCoGa₅ |
142 bgg | LuRu₄B₄ | g?B
137 agg | CeCo₄B₄ | g?B
223 acek | Yb₃Rh₄Sn₁₃ |
109 aaa | LaPtSi |
107 aaab | BaNiSn₃ |
139 ae | CaC₂ | e:C+O
139 ae | MoSi₂ | e!C+O
204 cg | skutterudite | g:P+As+Sb
204 acg | filled skutterudite | g:P+As+Sb+Ge
148 acff | Chevrel phase | f?Mo f?Chal
129 abcc | ZrCuSiAs (1111) | a<>b
129 acc | PbFCl | a:X
129 acc | Cu₂Sb | a!X
129 ac | PbO | a:O+S
129 ac | anti-PbO (FeSe) | c:Chal
205 ac | pyrite | c:S+Se+Te+P+As+Sb+Bi
58 ag | marcasite | g:S+Se+Te+P+As+Sb
58 ag | CaCl₂ | g:O+F+Cl+Br
136 af | rutile | f:O+F
136 aefj | trirutile | f:O+F j:O+F
60 cd | α-PbO₂ | d:O
141 ae | anatase | a:Ti e:O
141 ae | ThSi₂ | e!X
164 ad | CdI₂ | d:X
166 ac | CdCl₂ | c:X
194 cf | molybdenite | f:S+Se+Te
166 acc | tetradymite | a:Chal c?Chal c?Bi+Sb+As
166 abc | α-NaFeO₂ | c:O+S+Se a?Alk
166 abc | α-NaFeO₂ | c:O+S+Se b?Alk
166 abc | delafossite | c:O a?Cu+Ag+Pd+Pt
166 abc | delafossite | c:O b?Cu+Ag+Pd+Pt
167 ce | corundum | e:O
148 ccf | ilmenite | f:O c!C+B+N+Si+P
206 ade | bixbyite | e:O
221 abc | cubic perovskite | c:O+Hal+H+S b!C+N
221 abc | antiperovskite | b:C+N+B+O c!X
62 accd | orthorhombic perovskite | d:O+Hal+S+H c?O+Hal+S+H a!C+N+S
167 abe | rhombohedral perovskite | e:O+F a!C+N+B b!C+N+B
140 abch | tetragonal perovskite | h:O+Hal
225 abce | double perovskite | e:O+Hal
14 adeeee | monoclinic double perovskite | e?O+F a!C+N+P+S d!C+N+P+S
225 ace | K₂PtCl₆ | e:Hal
139 acee | K₂NiF₄ | c:O+Hal e?O+Hal
139 acde | Nd₂CuO₄ | c:O d:O
64 aeff | La₂CuO₄ | a:Cu+Ni+Co e:O f?O
62 accddd | brownmillerite | d?O c?O a!C+N+P+S
47 abgmnoop | YBa₂Cu₃O₇ | *?Ba *?Cu *?O
47 ahiijkln | YBa₂Cu₃O₇ | *?Ba *?Cu *?O
65 agghhhhh | YBa₂Cu₄O₈ | *?Ba *?Cu *?O
65 aggggghh | YBa₂Cu₄O₈ | *?Ba *?Cu *?O
123 adeghhi | RuSr₂GdCu₂O₈ | *?Ru *?Cu *?O
139 aeeeeeg | Bi₂Sr₂CaCu₂O₈ | *?Cu e?Bi+Tl
123 ade | infinite-layer SrCuO₂ | d:Cu e:O
227 ade | spinel | e:O+S+Se+Te+N+F+Cl
227 acdf | pyrochlore | f:O+F
227 bcdf | pyrochlore | f:O+F
227 cdf | pyrochlore | f:O+F
227 adf | pyrochlore | f:O+F
62 accccd | olivine | d:O+S+Se a!C+N+P+Si c?Si+P+Ge+Be+As+V
15 eeffff | clinopyroxene | f?Si+Ge e!C+N+P f?O
15 aeeeff | titanite | f:O
113 aceeef | melilite | f:O e?O
141 abh | zircon | h:O
88 abf | scheelite | f:O
167 abe | calcite | a:C+N+B e:O
148 abcf | dolomite | c:C f:O
62 cccd | aragonite | c?C+N+B d:O
62 ccccd | barite | c?S+Cr+Se+Cl+P d:O
176 afhhhhi | apatite | i:O h?P+As+V+Si+S
176 bfhhhhi | apatite | i:O h?P+As+V+Si+S
166 accdhh | alunite | h:O c?S+P+As
166 accdhhh | alunite | c?S+P+As d:Al+Fe+V+Cr+Ga
60 cdddd | columbite | d?Nb+Ta+Ti d?O
92 ab | cristobalite | a:Si+Ge b:O
154 ac | quartz | a:Si+Ge c:O
152 ac | quartz | a:Si+Ge c:O
152 abcc | berlinite | c:O a:Al+Ga+Fe+B
63 ccc | boehmite | c?Al c?O c!Si+P+S
63 ccc | lepidocrocite | c?Fe c?O c!Si+P+S
"""
_SITE = re.compile(r"[A-Z][a-z]?[0-9.]+")
_CONDITION = re.compile(r"([a-zA*])(:|\?|!|=|<>)(\S+)")
_FULL = frozenset(ELEMENTS)


@dataclass(frozen=True)
class _Type:
    """A structure type with the conditions under which crystals on its positions are of it."""

    name: str
    conditions: tuple[tuple[str, str, str], ...]

    def fits(self, contents: Mapping[str, Sequence[str]]) -> bool:
        """Whether a crystal is of it, by the commonest element of each site, by letter."""
        return all(_holds(contents, *condition) for condition in self.conditions)


def structure_type(key: str) -> str:
    """Name of the structure type of a crystal; empty if it is of none that has a name here.

    Args:
        key: `disgen.crystal.WyckoffCrystal.key`, with canonical letters.
    """
    group, *sites = key.split("|")
    if not any(sites):
        return ""
    found = _types().get((int(group), "".join(sorted(site[0] for site in sites))))
    if not found:
        return ""
    contents: dict[str, list[str]] = {}
    for site in sites:
        contents.setdefault(site[0], []).append(_commonest(site[1:]))
    return next((kind.name for kind in found if kind.fits(contents)), "")


def structure_names() -> tuple[str, ...]:
    """All names, each once."""
    return tuple(dict.fromkeys(kind.name for kinds in _types().values() for kind in kinds))


def _commonest(text: str) -> str:
    """The element that there is most of on a site, as ``Na0.70Ca0.30`` names it; the first of equals."""
    parts = _SITE.findall(text)
    best = max(parts, key=lambda part: float(part.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")))
    return str(best).rstrip("0123456789.")


def _holds(contents: Mapping[str, Sequence[str]], letter: str, sign: str, wanted: str) -> bool:
    there = contents[letter] if letter != "*" else [name for names in contents.values() for name in names]
    if sign in {"=", "<>"}:
        return (there[0] == contents[wanted][0]) == (sign == "=")
    named = frozenset[str]().union(*(_CLASSES.get(name, frozenset([name])) for name in wanted.split("+")))
    hits = [name in named for name in there]
    return all(hits) if sign == ":" else any(hits) if sign == "?" else not any(hits)


@cache
def _types() -> dict[tuple[int, str], tuple[_Type, ...]]:
    """The table, by space group and sorted letters; of several that fit the first is meant."""
    found: dict[tuple[int, str], list[_Type]] = {}
    for line in _TABLE.splitlines():
        positions, name, conditions = (part.strip() for part in line.split("|"))
        group, letters = positions.split()
        parsed = tuple(_CONDITION.fullmatch(word).groups() for word in conditions.split())  # type: ignore[union-attr]
        found.setdefault((int(group), "".join(sorted(letters))), []).append(_Type(name, parsed))  # type: ignore[arg-type]
    return {positions: tuple(kinds) for positions, kinds in found.items()}
