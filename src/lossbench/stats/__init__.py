"""Paired contrasts, intervals, tests, multiplicity, censored times, and the claims they decide."""

from lossbench.stats.claims import benchmark_claims
from lossbench.stats.comparison import compare

__all__ = ["benchmark_claims", "compare"]
