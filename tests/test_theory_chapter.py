"""The whole chapter: complete, checked, and the same on every call."""

import time

import pandas as pd

from builders.theory_tables import made
from lossbench.study.settings import Theory
from lossbench.tables.parquet import check
from lossbench.tables.theory import THEORY_TABLES
from lossbench.theory.chapter import chapter


def test_every_table_is_made_in_its_schema():
    tables = made()
    assert set(tables) == set(THEORY_TABLES)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(check(frame, THEORY_TABLES[name]), frame)
        assert len(frame)


def test_the_chapter_is_the_same_again_and_quick():
    before = made()
    start = time.process_time()
    again = chapter(Theory())
    assert time.process_time() - start < 20
    for name, frame in again.items():
        pd.testing.assert_frame_equal(frame, before[name], check_exact=True)
