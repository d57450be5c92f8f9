"""`nnlabs predict-first`: say what a lab will show, then run it, and see how good the prediction was."""
