"""Statistics of repetitions: arrays in, numbers out; imports nothing of ours."""
