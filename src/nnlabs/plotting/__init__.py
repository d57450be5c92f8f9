"""Arrays in, figures and animations out; this room knows nothing of training."""
