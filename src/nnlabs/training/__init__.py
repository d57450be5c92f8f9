"""One training loop and what stands around it: callbacks, checkpoints, metrics, losses, optimizers, schedules, penalties."""
