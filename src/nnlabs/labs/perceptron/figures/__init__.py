"""The figures of lab 1."""
