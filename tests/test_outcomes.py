import pandas as pd
import pytest

from builders.study_tables import make_history, make_runs
from lossbench.analysis import outcomes
from lossbench.errors import TableError


def test_a_run_ends_with_its_last_measurement_and_a_diverged_one_at_chance() -> None:
    runs = make_runs({0: False, 1: True, 2: True})
    history = make_history({0: [0.9, 0.3, 0.2], 1: [0.9, 0.1]}).sample(frac=1, random_state=0)
    ended = outcomes.final_validation_errors(history, runs).set_index("seed")["validation_error"]
    assert ended.to_dict() == {0: 0.2, 1: 0.9, 2: 0.9}


def test_a_run_without_history_is_named_and_no_runs_give_no_rows() -> None:
    with pytest.raises(TableError, match=r"history.*'seed': 1"):
        outcomes.final_validation_errors(make_history({0: [0.2]}), make_runs({0: False, 1: False}))
    none: pd.DataFrame = make_runs({0: False}).iloc[:0]
    assert outcomes.final_validation_errors(make_history({0: [0.2]}), none).empty
