"""Space groups in doubled cells: the C- and F-centred tetragonal and the F-centred monoclinic ones.

(symbol, usual symbol, usual coordinates as sums of those in the doubled cell), after International Tables A, Table
4.3.2.1 (extended symbols). In the tetragonal ones a' = a - b, b' = a + b, so that the last two parts of the symbol
change places and diagonal glides change their letters.
"""

from __future__ import annotations

_TETRAGONAL = (
    "C 4:P 4, C 41:P 41, C 42:P 42, C 43:P 43, F 4:I 4, F 41:I 41, C -4:P -4, F -4:I -4, C 4/m:P 4/m, C 42/m:P 42/m, "
    "C 4/a:P 4/n, C 42/a:P 42/n, F 4/m:I 4/m, F 41/d:I 41/a, C 4 2 2:P 4 2 2, C 4 2 21:P 4 21 2, C 41 2 2:P 41 2 2, "
    "C 41 2 21:P 41 21 2, C 42 2 2:P 42 2 2, C 42 2 21:P 42 21 2, C 43 2 2:P 43 2 2, C 43 2 21:P 43 21 2, "
    "F 4 2 2:I 4 2 2, F 41 2 2:I 41 2 2, C 4 m m:P 4 m m, C 4 m b:P 4 b m, C 42 m c:P 42 c m, C 42 m n:P 42 n m, "
    "C 4 c c:P 4 c c, C 4 c n:P 4 n c, C 42 c m:P 42 m c, C 42 c b:P 42 b c, F 4 m m:I 4 m m, F 4 m c:I 4 c m, "
    "F 41 d m:I 41 m d, F 41 d c:I 41 c d, C -4 m 2:P -4 2 m, C -4 c 2:P -4 2 c, C -4 m 21:P -4 21 m, "
    "C -4 c 21:P -4 21 c, C -4 2 m:P -4 m 2, C -4 2 c:P -4 c 2, C -4 2 b:P -4 b 2, C -4 2 n:P -4 n 2, "
    "F -4 2 m:I -4 m 2, F -4 2 c:I -4 c 2, F -4 m 2:I -4 2 m, F -4 d 2:I -4 2 d, C 4/m m m:P 4/m m m, "
    "C 4/m c c:P 4/m c c, C 4/a m b:P 4/n b m, C 4/a c n:P 4/n n c, C 4/m m b:P 4/m b m, C 4/m c n:P 4/m n c, "
    "C 4/a m m:P 4/n m m, C 4/a c c:P 4/n c c, C 42/m c m:P 42/m m c, C 42/m m c:P 42/m c m, C 42/a c b:P 42/n b c, "
    "C 42/a n m:P 42/n n m, C 42/m c b:P 42/m b c, C 42/m n m:P 42/m n m, C 42/a c m:P 42/n m c, "
    "C 42/a m c:P 42/n c m, F 4/m m m:I 4/m m m, F 4/m m c:I 4/m c m, F 41/d d m:I 41/a m d, F 41/d d c:I 41/a c d"
)
_MONOCLINIC = "F 1 2 1:C 1 2 1, F 1 m 1:C 1 m 1, F 1 d 1:C 1 c 1, F 1 2/m 1:C 1 2/m 1, F 1 2/d 1:C 1 2/c 1"


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name, base) for name, base in (pair.split(":") for pair in text.replace(", ", ",").split(","))]


# x = a'x' + …: with a' = a - b and b' = a + b the usual coordinates are x = x' + y', y = y' - x'.
OTHER_CELLS: tuple[tuple[str, str, str], ...] = (
    *((name, base, "x+y,y-x,z") for name, base in _pairs(_TETRAGONAL)),
    # a' = a, c' = a + 2 c or -a + 2 c: the same type, with the inversion centres in other places.
    *((name, base, change) for name, base in _pairs(_MONOCLINIC) for change in ("x+z,y,2*z", "x-z,y,2*z")),
)
