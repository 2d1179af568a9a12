"""The theory chapter made once for all tests that read it."""

import pandas as pd

from builders.once import once
from lossbench.study.settings import Theory
from lossbench.theory.chapter import chapter


@once
def _made() -> dict[str, pd.DataFrame]:
    return chapter(Theory())


def made(**replaced: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The chapter's tables with the default settings, some of them replaced."""
    return {name: frame.copy() for name, frame in _made().items()} | replaced
