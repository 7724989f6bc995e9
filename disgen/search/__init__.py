"""Search in the latent space for crystals that are as somebody wants them."""
