"""One run: a configuration becomes a trained network and a folder that tells all about it."""
