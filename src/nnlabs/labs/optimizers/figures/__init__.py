"""The figures of lab 4."""
