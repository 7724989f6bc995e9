"""The names of the density estimators, and where each one is.

Only names stand here, and nothing is imported before it is asked for: the command line lists them in its help, and an
estimator may need libraries that take seconds to load. Another estimator is a subclass of
`disgen.latent.protocol.BaseEstimator` and one entry here.
"""

from __future__ import annotations

# Module of `disgen.latent` and class, by name; in the order in which tables show them.
ESTIMATORS: dict[str, str] = {
    "kde": "kde.KernelDensityEstimator",
    "kde-cv": "kde.CrossValidatedKernelDensity",
    "gmm": "gmm.GaussianMixtureEstimator",
    "gmm-bic": "gmm.SelectedGaussianMixture",
    "gaussian": "gaussian.StandardNormal",
    "gaussian-fit": "gaussian.FittedGaussian",
    "flow": "flow.FlowEstimator",
}
