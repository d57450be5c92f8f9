"""Lab 3, regularization."""
