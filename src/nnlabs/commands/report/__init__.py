"""One self-contained page out of the results of the labs."""
