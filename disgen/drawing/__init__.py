"""How a crystal is drawn, as plain data: wedges, images on the faces of the cell, bonds, polyhedra, directions."""
