"""Judges of generated crystals: are they like real ones, could their species share sites, would they hold together?

`report` puts together what `disgen.evaluation.fidelity` (classifier, coverage, rediscovery, mixtures) and
`disgen.judge.energies` (interatomic potentials) say, with the headline figure, *credible* (`credible`). It judges the
samples of a run's estimator, the test split itself, or any folder of CIFs.

No judge may be used in training, guidance, the selection of released samples or the choice of hyperparameters: a
target that becomes a training signal stops being a measure. This package stands above `disgen.evaluation` in the order
of imports; nothing that trains or samples imports it, nor `disgen.evaluation.fidelity`.
"""
