"""Exercises out of the labs: a learner writes one function, and checks say what is wrong with it without giving the answer."""
