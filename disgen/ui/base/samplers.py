"""The samplers' names for people; the registry (`disgen.latent.registry`) holds the names for the program."""

from __future__ import annotations

# A sampler without an entry goes by its own name.
_LABELS = {
    "test": "Test split",
    "kde": "KDE",
    "kde-cv": "KDE, cross-validated",
    "gmm": "Gaussian mixture",
    "gmm-bic": "Gaussian mixture, BIC",
    "gaussian": "N(0, I)",
    "gaussian-fit": "Fitted Gaussian",
    "prior": "Learned prior",
}
_HINTS = {
    "test": "Codes of real crystals that the model was not trained on, decoded again.",
    "kde": "A Gaussian of bandwidth 0.25 on the code of every training crystal, as in the paper.",
    "kde-cv": "The same with the bandwidth of highest cross-validated likelihood.",
    "gmm": "Five Gaussians with full covariances, as in the paper.",
    "gmm-bic": "As many Gaussians as the Bayesian information criterion chooses.",
    "gaussian": "The autoencoder's own prior, as in the paper.",
    "gaussian-fit": "A Gaussian with the mean and the covariance of the training codes.",
    "prior": "A language model of crystals draws symmetry and contents, a second network their geometry.",
}


def label(name: str) -> str:
    """A sampler's name, or "test", for people."""
    return _LABELS.get(name) or name.replace("-", " ").replace("_", " ").capitalize()


def hint(name: str) -> str:
    """One sentence on what a sampler is; empty if there is none."""
    return _HINTS.get(name, "")
