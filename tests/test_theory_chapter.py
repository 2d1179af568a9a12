"""The whole chapter: complete, checked, the same on every call, and without torch."""

import subprocess
import sys
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


def test_torch_is_never_imported():
    program = (
        "import sys\n"
        "from lossbench.study.settings import Theory\n"
        "from lossbench.claims import from_theory\n"
        "from lossbench.report import statements\n"
        "from lossbench.theory import chapter\n"
        "from importlib import import_module\n"
        "from lossbench.figures.catalogue import FIGURES\n"
        "for entry in FIGURES.values(): import_module(entry.module)\n"
        "assert len(chapter.neuron.times(Theory()))\n"
        "loaded = [m for m in sys.modules if m.split('.')[0] in ('torch', 'pytorch_lightning')]\n"
        "sys.exit(f'imported {loaded}' if loaded else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
