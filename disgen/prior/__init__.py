"""The learned prior: a language model of crystals' contents and symmetry, and a network for their geometry.

`tokens` writes a crystal as a sentence, `grammar` says which token may follow, `language` gives their probabilities;
`geometry` gives cells and free coordinates for a finished sentence. `training` learns both, `sampling` draws crystals.
"""
