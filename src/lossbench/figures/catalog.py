"""Every figure of the study. The page and the pipeline look figures up here, by name."""

from lossbench.figures.answer import ANSWER_FIGURES
from lossbench.figures.convergence import CONVERGENCE_FIGURES
from lossbench.figures.spec import FigureSpec

FIGURES: dict[str, FigureSpec] = {**ANSWER_FIGURES, **CONVERGENCE_FIGURES}
"""By name, in the page's order."""
