"""The commands of `nnlabs` that look at what the labs left: none knows a lab."""
