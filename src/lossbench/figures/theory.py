"""The theory chapter's figures, in the page's order."""

from lossbench.figures.spec import FigureSpec
from lossbench.figures.theory_gradients import GRADIENT_FIGURES
from lossbench.figures.theory_neuron import NEURON_FIGURES
from lossbench.figures.theory_solving import SOLVING_FIGURES
from lossbench.figures.theory_surfaces import SURFACE_FIGURES
from lossbench.names import THEORY_FIGURE_NAMES

_DRAWN = {**NEURON_FIGURES, **GRADIENT_FIGURES, **SURFACE_FIGURES, **SOLVING_FIGURES}

THEORY_FIGURES: dict[str, FigureSpec] = {name: _DRAWN[name] for name in THEORY_FIGURE_NAMES}
"""By name, in the page's order."""
