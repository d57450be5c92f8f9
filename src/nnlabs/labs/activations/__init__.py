"""Lab 2, activations."""
