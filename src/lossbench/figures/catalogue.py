"""Every figure of the study. The page and the pipeline look figures up here, by name."""

from lossbench.figures.answer import ANSWER_FIGURES
from lossbench.figures.calibration import CALIBRATION_FIGURES
from lossbench.figures.confusion import CONFUSION_FIGURES
from lossbench.figures.convergence import CONVERGENCE_FIGURES
from lossbench.figures.features import FEATURES_FIGURES
from lossbench.figures.final_error import FINAL_ERROR_FIGURES
from lossbench.figures.gallery import GALLERY_FIGURES
from lossbench.figures.mechanism import MECHANISM_FIGURES
from lossbench.figures.sensitivity import SENSITIVITY_FIGURES
from lossbench.figures.spec import FigureSpec
from lossbench.figures.theory import THEORY_FIGURES
from lossbench.names import FIGURE_NAMES

_DRAWN: dict[str, FigureSpec] = {
    **ANSWER_FIGURES,
    **CONVERGENCE_FIGURES,
    **FINAL_ERROR_FIGURES,
    **CONFUSION_FIGURES,
    **CALIBRATION_FIGURES,
    **GALLERY_FIGURES,
    **SENSITIVITY_FIGURES,
    **MECHANISM_FIGURES,
    **FEATURES_FIGURES,
    **THEORY_FIGURES,
}

FIGURES: dict[str, FigureSpec] = {name: _DRAWN[name] for name in FIGURE_NAMES if name in _DRAWN}
"""By name, in the page's order."""
