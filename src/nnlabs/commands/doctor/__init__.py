"""What went wrong in a run, or in the searches of a lab, told to a learner with the number that shows it."""
