"""The figures of lab 2."""
