"""Lab 1, perceptron."""
