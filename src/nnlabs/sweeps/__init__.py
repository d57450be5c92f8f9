"""Many runs: made in parallel, killed and taken up again, searched and summed up."""
