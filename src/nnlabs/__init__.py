"""nnlabs: four hands-on labs from which people learn neural networks, on one PyTorch core."""

__version__ = "0.1.0"
