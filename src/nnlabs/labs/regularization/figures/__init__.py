"""The figures of lab 3."""
