"""How a run ended, and the rule for runs that diverged: they count as a network that guesses."""

import pandas as pd

from lossbench.errors import TableError
from lossbench.tables.runs import RUN_KEY

KEY = list(RUN_KEY)


def chance_errors(runs: pd.DataFrame) -> "pd.Series[float]":
    """The error of guessing on the data set of each run: 1 − 1/K, for K classes."""
    return 1 - 1 / runs["classes"]


def final_validation_errors(history: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """One row a run of `runs`: its identity, `diverged`, `classes` and its last `validation_error`.

    A diverged run counts with the error of chance, whatever it had reached before.

    Raises TableError: a run that did not diverge has no history.
    """
    last = history.sort_values("step").drop_duplicates(KEY, keep="last")
    planned = runs[[*KEY, "diverged", "classes"]]
    ended = planned.merge(last[[*KEY, "validation_error"]], on=KEY, how="left")
    errors = ended["validation_error"].mask(ended["diverged"], chance_errors(ended))
    ended = ended.assign(validation_error=errors)
    require(ended[ended["validation_error"].isna()], "history")
    return ended


def require(missing: pd.DataFrame, table: str) -> None:
    """Raises TableError that names the first run of `missing`, if there is one."""
    if not missing.empty:
        run = missing.iloc[0][KEY].to_dict()
        raise TableError(
            f"table {table}: {len(missing)} runs that did not diverge have no rows, such as {run}; "
            "allowed: none"
        )
