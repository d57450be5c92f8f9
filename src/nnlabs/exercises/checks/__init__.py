"""The checks, a module an exercise: properties that a right solution has, from the simplest to the most particular."""
