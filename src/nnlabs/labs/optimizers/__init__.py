"""Lab 4, optimizers."""
