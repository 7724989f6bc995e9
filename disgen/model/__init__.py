"""The variational autoencoder: network, losses, augmentation, training and run folders."""
