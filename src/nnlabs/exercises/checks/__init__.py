"""The checks, a module an exercise: properties that a right solution has, from the simplest to the most particular.

Every public function of a module is one, in the order in which they stand there.
"""
