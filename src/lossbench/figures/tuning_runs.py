"""What the tuning runs ended with, as the two figures of learning rates show it."""

import pandas as pd

from lossbench.analysis import outcomes
from lossbench.figures.drawing import Tables
from lossbench.tables.rows import of_comparisons
from lossbench.tables.runs import COMPARISON

CHOSEN = [*COMPARISON, "loss", "setting"]


def tuned(tables: Tables) -> pd.DataFrame:
    """Final validation errors of the tuning runs; of a margin loss, at the chosen margin.

    Reads `history`, `runs` and `choices`.
    """
    runs = tables["runs"]
    ended = outcomes.final_validation_errors(tables["history"], runs[runs["stage"] == "tuning"])
    choices = tables["choices"]
    return of_comparisons(ended, choices).merge(choices[CHOSEN], on=CHOSEN)
