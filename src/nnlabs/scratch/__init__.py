"""What a learner builds by hand: perceptron and autograd engine with its parts. NumPy only; never imports torch."""
