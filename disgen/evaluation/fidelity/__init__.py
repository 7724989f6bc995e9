"""How near generated crystals are to real ones that training never saw: descriptor, classifier, coverage, mixtures.

Nothing here may be used in training, guidance, the selection of released samples or the choice of hyperparameters: a
measure that becomes a training signal stops being a measure. `disgen.evaluation` is above `disgen.latent` and
`disgen.model` in the order of imports, so that these cannot call it. `disgen.judge` adds the report.
"""
