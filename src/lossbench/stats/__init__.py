"""Paired contrasts, intervals, tests, multiplicity, censored times, and the claims they decide."""

from lossbench.stats.comparison import compare
from lossbench.stats.survival import kaplan_meier, survival, times_to_target

__all__ = ["compare", "kaplan_meier", "survival", "times_to_target"]
