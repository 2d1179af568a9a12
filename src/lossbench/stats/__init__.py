"""Paired contrasts, intervals, tests, multiplicity and censored times."""
