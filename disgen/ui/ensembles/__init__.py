"""The page of ensembles: many ordered cells of one disordered crystal."""
