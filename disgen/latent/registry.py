"""The names of the density estimators, and where each one is.

Only names stand here, and nothing is imported before it is asked for: the command line lists them in its help, and an
estimator may need libraries that take seconds to load. Another estimator is a subclass of
`disgen.latent.base.BaseEstimator` and one entry here.
"""

from __future__ import annotations

# Module and class by name; in the order in which tables show them.
ESTIMATORS: dict[str, str] = {
    "kde": "disgen.latent.kde.KernelDensityEstimator",
    "kde-cv": "disgen.latent.kde.CrossValidatedKernelDensity",
    "gmm": "disgen.latent.gmm.GaussianMixtureEstimator",
    "gmm-bic": "disgen.latent.gmm.SelectedGaussianMixture",
    "gaussian": "disgen.latent.gaussian.StandardNormal",
    "gaussian-fit": "disgen.latent.gaussian.FittedGaussian",
    "prior": "disgen.prior.estimator.CrystalPrior",
}

DEFAULT = "prior"  # what commands and pages choose where the run has it
