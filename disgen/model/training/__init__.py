"""Training of the networks: data, steps, validation, resuming, and what is stored at the end."""
