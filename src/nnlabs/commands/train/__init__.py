"""`nnlabs train`: one network from flags, watched while it learns, and examined at its end."""
